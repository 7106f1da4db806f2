// When a group speaks and what it says: waits, intervals, repeats, silences, mutes, routes. Each
// test is a timeline in minutes.
import { describe, expect, it } from "vitest";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { runOnce } from "../../../lib/local/once.ts";
import { bench, line, MINUTE, T0 } from "../support.ts";

const OPS = '{ type: webhook, url: "HOOK/ops" }';
const yaml = (rule: string, route: string, more = "") => `
rules: [{ id: broken, when: { level: [error] }, ${rule} }]
route: { channels: [ops], ${route} }
channels: { ops: ${OPS}, other: { type: webhook, url: "HOOK/other" } }
${more}`;
const STATE = "resolve: { when: { source: [service-events], level: [normal] } }";

describe("groups", () => {
  it("notifies at once, then only after the group interval, and counts what matched meanwhile", async () => {
    const b = await bench({ yaml: yaml("severity: error", "groupInterval: 5m"), services: ["svc-1", "svc-2"] });
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.fail(1.5);
    b.fail(1.6, "Failed", "svc-2");
    await b.rounds(10);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "6 /ops new firing: svc-1 firing ×2(+1), svc-2 firing ×1(+1)",
    ]);
  });

  it("waits groupWait for company before it speaks first", async () => {
    const b = await bench({ yaml: yaml("severity: error", "groupWait: 3m"), services: ["svc-1", "svc-2"] });
    b.to(1);
    b.fail(0.5);
    await b.beat();
    b.fail(2.5, "Failed", "svc-2");
    await b.beats(8);
    expect(b.messages.map(line)).toEqual(["4 /ops new firing: svc-1 firing ×1(+1), svc-2 firing ×1(+1)"]);
  });

  it("names all that fails in one poll round in one message, however many targets it has", async () => {
    const services = Array.from({ length: 29 }, (_, at) => `svc-${at}`);
    const b = await bench({ yaml: yaml("severity: error", "groupInterval: 5m"), services });
    b.to(1);
    for (const service of services) b.fail(0.5, "Failed", service);
    await b.beats(2);
    expect(b.messages.map(({ at, body }) => [at, body.reason, body.alerts.length])).toEqual([[2, "new", 29]]);
  });

  const others: [what: string, isGone: boolean, notified: string[]][] = [
    ["a process that is gone is notified by the next round at once", true, ["1 /ops new firing: svc-1 firing ×1(+1)"]],
    ["a process that may be at work waits for it, a minute at most", false, []],
  ];
  it.each(others)("what a round of %s", async (_, isGone, notified) => {
    const b = await bench({ yaml: yaml("severity: error", "groupInterval: 5m") });
    b.to(1);
    b.fail(0.5);
    const other = await b.beside();
    const killed = { ...other, bus: { async publish() {} } };
    const { signal } = new AbortController();
    await pollSource(killed, other.config.sources[0]!, signal);
    const identity = { id: "test", isGone: (id: string) => isGone && id === "beside" };
    await runOnce({ ...b.app, identity }, signal);
    expect(b.messages.map(line)).toEqual(notified);
    await b.rounds(3);
    expect(b.messages).toHaveLength(1);
  });

  it("notifies all of a storm when its round is over, however many groups and pages it has", async () => {
    const b = await bench({ yaml: yaml("severity: error, by: [id]", 'groupBy: ["..."]') });
    b.to(5);
    for (let at = 0; at < 2_300; at++) b.fail(1 + at / 1_000, `Failed ${at}`);
    await b.beat();
    expect(b.messages).toHaveLength(2_300);
  });

  it("lets a critical alert wait for no interval, and what else is new goes with it", async () => {
    const b = await bench({
      yaml: yaml("severity: error", "groupInterval: 5m, groupBy: []").replace(
        "rules: [",
        `rules: [{ id: dead, when: { text: [{ wildcard: "*dead*" }] }, severity: critical }, `,
      ),
      services: ["svc-1", "svc-2"],
    });
    b.to(1);
    b.fail(0.5);
    await b.beat();
    b.fail(1.5, "Failed", "svc-2");
    await b.beats(2);
    b.fail(2.5, "dead");
    await b.beats(10);
    expect(b.messages.map(({ at, body }) => [at, body.alerts.length])).toEqual([
      [1, 1],
      [3, 3],
    ]);
  });

  it("notifies a resolution after the group interval, and the group ends with it", async () => {
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m") });
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.recover(2);
    await b.rounds(7);
    b.fail(7.5);
    await b.rounds(8);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "6 /ops resolved resolved: svc-1 resolved ×1(+0)",
      "8 /ops new firing: svc-1 firing ×1(+1)",
    ]);
  });

  it("notifies what came and went within one catch-up once, as resolved", async () => {
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m") });
    b.to(5);
    b.fail(1);
    b.recover(2);
    await b.rounds(20);
    expect(b.messages.map(line)).toEqual(["6 /ops resolved resolved: svc-1 resolved ×1(+1)"]);
  });

  it("repeats a state that lasts, and says update where it matched again", async () => {
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m, repeatInterval: 60m") });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.rounds(70);
    b.fail(70.5);
    await b.rounds(130);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "61 /ops repeat firing: svc-1 firing ×1(+0)",
      "121 /ops update firing: svc-1 firing ×2(+1)",
    ]);
  });

  it("never repeats an occurrence without a new match, and notifies of one that comes after the repeat interval at once", async () => {
    const b = await bench({ yaml: yaml("severity: error", "repeatInterval: 60m") });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.rounds(100, 10);
    b.fail(101);
    await b.rounds(110, 2);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "102 /ops update firing: svc-1 firing ×2(+1)",
    ]);
  });

  it("groups by the values it is told to, and alone with ...", async () => {
    const services = ["svc-1", "svc-2"];
    const apart = await bench({ yaml: yaml("severity: error", "groupBy: [resource.id]"), services });
    const alone = await bench({ yaml: yaml("severity: error", 'groupBy: ["..."]'), services });
    const together = await bench({ yaml: yaml("severity: error", "groupBy: []"), services });
    for (const b of [apart, alone, together]) {
      b.to(1);
      b.fail(0.2);
      b.fail(0.3, "Failed", "svc-2");
      await b.round();
    }
    expect(apart.messages).toHaveLength(2);
    expect(alone.messages).toHaveLength(2);
    expect(together.messages.map(line)).toEqual(["1 /ops new firing: svc-1 firing ×1(+1), svc-2 firing ×1(+1)"]);
    expect(apart.messages.map(({ body }) => body.group)).toContainEqual({ "resource.id": "svc-2" });
  });
});

describe("routes", () => {
  const routes = `routes:
    - { match: { severity: [critical] }, channels: [other], continue: true }
    - { match: { resource: { id: [svc-2] } }, channels: [other], groupBy: ["..."] }
`;
  it("takes the deepest matching route, and goes on where it says continue", async () => {
    const b = await bench({
      yaml: `
rules: [{ id: broken, when: { level: [error] } }]
route:
  channels: [ops]
  ${routes}
channels: { ops: ${OPS}, other: { type: webhook, url: "HOOK/other" } }`,
      services: ["svc-1", "svc-2"],
    });
    b.to(1);
    b.fail(0.2);
    b.fail(0.3, "Failed", "svc-2");
    await b.round();
    expect(b.messages.map(line).sort()).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "1 /other new firing: svc-2 firing ×1(+1)",
    ]);
  });

  it("leaves resolutions out of a channel that wants none", async () => {
    const b = await bench({
      yaml: `
rules: [{ id: broken, when: { level: [error] }, ${STATE} }]
route: { channels: [ops, other], groupInterval: 2m }
channels: { ops: ${OPS}, other: { type: webhook, url: "HOOK/other", sendResolved: false } }`,
    });
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.recover(1.5);
    await b.rounds(5);
    expect(b.messages.map(line).sort()).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "1 /other new firing: svc-1 firing ×1(+1)",
      "3 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
  });
});

describe("holding back", () => {
  const silence = `silences: [{ match: { rule: [broken] }, until: "${new Date(T0 + 30 * MINUTE).toISOString()}", comment: migration }]`;

  it("notifies what still fires when a silence ends, at once", async () => {
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m", silence) });
    b.to(1);
    b.fail(0.5);
    await b.rounds(40);
    expect(b.messages.map(line)).toEqual(["30 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("keeps what a silence without end holds, and notifies it when the silence is taken away", async () => {
    const forever = "silences: [{ match: { rule: [broken] } }]";
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m", forever) });
    b.to(1);
    b.fail(0.5);
    b.app.log.error = (message) => expect.unreachable(message);
    await b.rounds(30);
    expect(b.messages).toEqual([]);
    await b.reload(yaml(STATE, "groupInterval: 5m"));
    await b.rounds(36);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new"]);
  });

  const always = `timeIntervals: { always: [{ times: [{ start_time: "00:00", end_time: "24:00" }] }] }`;
  const never = always.replace("00:00", "03:00").replace("24:00", "04:00");
  it.each([
    [
      "a silence is taken away",
      { route: "groupInterval: 5m", more: "silences: [{ match: { rule: [broken] } }]" },
      { route: "groupInterval: 5m", more: "" },
    ],
    ["a route is muted no more", { route: "mute: [always]", more: always }, { route: "mute: []", more: always }],
    ["a muted time has changed", { route: "mute: [always]", more: always }, { route: "mute: [always]", more: never }],
  ])("notifies what still fires at once when %s in the file", async (_, before, after) => {
    const b = await bench({ yaml: yaml(STATE, before.route, before.more) });
    b.to(1);
    b.fail(0.5);
    await b.rounds(28);
    expect(b.messages).toEqual([]);
    await b.reload(yaml(STATE, after.route, after.more));
    await b.rounds(29);
    expect(b.messages.map(line)).toEqual(["29 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("counts what came and went in silence in one digest", async () => {
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m", silence) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.recover(3);
    await b.rounds(40);
    expect(b.messages.map(line)).toEqual(["30 /ops digest resolved: svc-1 resolved ×1(+1)"]);
    expect(b.messages[0]!.body.suppressed).toEqual({ silenced: 1, muted: 0, inhibited: 0 });
  });

  it("always notifies the resolution of what was notified", async () => {
    const late = silence.replace("until:", `from: "${new Date(T0 + 2 * MINUTE).toISOString()}", until:`);
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m", late) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    b.recover(3);
    await b.rounds(20);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      "6 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
  });

  it("mutes a route by a time interval, in its own time zone, and speaks when it ends", async () => {
    const intervals = `timeIntervals:
  lunch: [{ times: [{ start_time: "11:00", end_time: "11:20" }], location: Europe/Berlin }]`;
    const b = await bench({ yaml: yaml(STATE, "mute: [lunch]", intervals) });
    b.to(1);
    b.fail(0.5);
    await b.rounds(25);
    expect(b.messages.map(line)).toEqual(["20 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("shows what holds an alert back", async () => {
    const b = await bench({ yaml: yaml(STATE, "groupInterval: 5m", silence) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    const { openAlerts } = await import("../../../lib/app/queries/lists.ts");
    expect((await openAlerts(b.app)).map(({ suppressedBy }) => suppressedBy)).toEqual([['silence "migration"']]);
  });
});
