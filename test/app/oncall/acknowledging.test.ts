// Acknowledging and escalating, as timelines in minutes: who is notified, until somebody takes care of it.
import { describe, expect, it } from "vitest";
import { listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { notifyGroups } from "../../../lib/app/delivery/notify.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { endedAlerts, openAlerts } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import type { Store } from "../../../lib/store/port.ts";
import { bench, failing, line } from "../support.ts";
import { ack } from "./bench.ts";

const yaml = (route: string, more = "", channels = "") => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
${more}
route: { channels: [ops], groupInterval: 5m, ${route} }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
  lead: { type: webhook, url: "HOOK/lead" }
  boss: { type: webhook, url: "HOOK/boss" }
  pager: { type: pagerduty, url: "HOOK/pager", routingKey: k }
${channels}`;
const STEPS = "escalate: [{ after: 15m, channels: [lead] }, { after: 30m, channels: [boss] }]";

describe("an acknowledged alert", () => {
  it("is not repeated nor updated, and its resolution is notified", async () => {
    const b = await failing({ yaml: yaml("repeatInterval: 10m") });
    await b.beats(3);
    await ack(b, "broken");
    b.fail(4);
    await b.beats(40);
    b.recover(41);
    await b.beats(43);
    expect(b.messages.map(line)).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "41 /ops resolved resolved: svc-1 resolved ×2(+1)",
    ]);
    expect((await endedAlerts(b.app)).map(({ acknowledgedBy }) => acknowledgedBy)).toEqual(["ada"]);
  });

  it("says since when somebody takes care of it, also once it counted on and ended, until it is taken back", async () => {
    const b = await failing({ yaml: yaml("repeatInterval: 10m") });
    await b.beats(3);
    await ack(b, "broken");
    const at = new Date(b.app.clock.now()).toISOString();
    b.fail(4);
    await b.beats(6);
    expect((await openAlerts(b.app)).map(({ acknowledgedAt }) => acknowledgedAt)).toEqual([at]);
    await ack(b, "broken", null);
    expect(await openAlerts(b.app)).not.toContainEqual(expect.objectContaining({ acknowledgedAt: expect.anything() }));
    await ack(b, "broken");
    const again = new Date(b.app.clock.now()).toISOString();
    b.recover(7);
    await b.beats(9);
    expect((await endedAlerts(b.app)).map(({ acknowledgedAt }) => acknowledgedAt)).toEqual([again]);
  });

  it("keeps its acknowledgement while it counts on, and others of its group go on", async () => {
    const b = await failing({ yaml: yaml("repeatInterval: 10m"), services: ["svc-1", "svc-2"] });
    await b.beats(3);
    await ack(b, "broken");
    b.fail(4, "Failed", "svc-2");
    b.fail(5);
    await b.beats(19);
    expect((await openAlerts(b.app)).map(({ count, acknowledgedBy }) => [count, acknowledgedBy])).toEqual([
      [2, "ada"],
      [1, null],
    ]);
    expect(b.messages.map(line)).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "7 /ops new firing: svc-1 firing ×2(+1), svc-2 firing ×1(+1)",
      "17 /ops repeat firing: svc-1 firing ×2(+0), svc-2 firing ×1(+0)",
    ]);
  });

  it("is repeated again once the acknowledgement is taken back", async () => {
    const b = await failing({ yaml: yaml("repeatInterval: 10m") });
    await b.beats(3);
    await ack(b, "broken");
    await b.beats(20);
    await ack(b, "broken", null);
    await b.beats(25);
    expect(b.messages.map(line)).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "21 /ops repeat firing: svc-1 firing ×1(+0)",
    ]);
  });

  it("that opens again, as within `reopen`, is not acknowledged any more", async () => {
    const b = await failing({
      yaml: yaml("repeatInterval: 10m").replace("level: [normal] } }", "level: [normal] } }\n    reopen: 30m"),
    });
    await b.beats(3);
    await ack(b, "broken");
    b.recover(4);
    await b.beats(10);
    b.fail(10.5);
    await b.beats(12);
    expect((await openAlerts(b.app)).map(({ acknowledgedBy }) => acknowledgedBy)).toEqual([null]);
  });
});

describe("escalation", () => {
  it("notifies the next ones in turn while nobody acknowledges, and all of them of the end", async () => {
    const b = await failing({ yaml: yaml(STEPS) });
    await b.beats(40);
    b.recover(40.5);
    await b.beats(42);
    expect(b.messages.map(line).sort()).toEqual(
      [
        "2 /ops new firing: svc-1 firing ×1(+1)",
        "17 /lead escalation firing: svc-1 firing ×1(+1)",
        "32 /boss escalation firing: svc-1 firing ×1(+1)",
        "41 /ops resolved resolved: svc-1 resolved ×1(+0)",
        "41 /lead resolved resolved: svc-1 resolved ×1(+0)",
        "41 /boss resolved resolved: svc-1 resolved ×1(+0)",
      ].sort(),
    );
    const { lead, boss, pager } = (await readStatus(b.app)).channels;
    expect([lead, boss, pager].map((one) => [one!.alerts, one!.notified])).toEqual([
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
    expect(b.messages.find(({ to }) => to === "/lead")!.body.alerts[0].reason).toBe("escalation");
  });

  it("that another process is about to notify as the alert is acknowledged is not notified", async () => {
    let escalating = async () => {};
    const wrapStore = (store: Store): Store => ({
      ...store,
      async commit(ops) {
        if (ops.some(({ op, sk }) => op === "delete" && sk.startsWith("in/step/"))) {
          const first = escalating;
          escalating = async () => {};
          await first();
        }
        await store.commit(ops);
      },
    });
    const b = await failing({ yaml: yaml(STEPS), wrapStore });
    await b.beats(3);
    const app = await b.beside();
    escalating = () => ack({ app }, "broken");
    await b.beats(20);
    expect(b.messages.map(line)).toEqual(["2 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("does not come, and the first message does, where another process begins the group as the alert is acknowledged", async () => {
    let begin = async () => {};
    const wrapStore = (store: Store): Store => ({
      ...store,
      async list(pk, options) {
        const first = begin;
        if (pk.startsWith("group/")) {
          begin = async () => {};
          await first();
        }
        return store.list(pk, options);
      },
    });
    const b = await failing({ yaml: yaml(`groupWait: 5m, ${STEPS}`), wrapStore });
    b.to(2);
    for (const source of b.app.config.sources) await pollSource(b.app, source, new AbortController().signal);
    const app = await b.beside();
    begin = async () => {
      for (const { data } of await app.store.due<{ id: string }>("group", Number.MAX_SAFE_INTEGER, 10)) {
        await notifyGroups(app, [data.id]);
      }
    };
    await ack(b, "broken");
    await b.rounds(40);
    expect(b.messages.map(line)).toEqual(["7 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("ends with the acknowledgement, and goes on where that is taken back", async () => {
    const b = await failing({ yaml: yaml(STEPS) });
    await b.beats(20);
    await ack(b, "broken");
    await b.beats(50);
    await ack(b, "broken", null);
    await b.beats(52);
    expect(b.messages.map(line)).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "17 /lead escalation firing: svc-1 firing ×1(+1)",
      "51 /boss escalation firing: svc-1 firing ×1(+1)",
    ]);
  });

  it("of a second alert of the group waits for no interval", async () => {
    const b = await failing({ yaml: yaml(STEPS), services: ["svc-1", "svc-2"] });
    await b.beats(2);
    b.fail(3, "Failed", "svc-2");
    await b.beats(23);
    expect(b.messages.map(line).filter((text) => text.includes("/lead"))).toEqual([
      "17 /lead escalation firing: svc-1 firing ×1(+1)",
      "22 /lead escalation firing: svc-1 firing ×1(+0), svc-2 firing ×1(+1)",
    ]);
  });

  it("opens incidents under the alert's id, and closes them", async () => {
    const b = await bench({ yaml: yaml("escalate: [{ after: 15m, channels: [pager] }]") });
    b.answer(({ to }) => (to === "/pager" ? { status: 202, body: '{"status":"success"}' } : { status: 200 }));
    b.to(1);
    b.fail(0.5);
    await b.beats(20);
    const [{ id } = { id: "" }] = await openAlerts(b.app);
    b.recover(20.5);
    await b.beats(23);
    const incidents = b.messages.filter(({ to }) => to === "/pager");
    expect(incidents.map(({ at, body }) => [at, body.event_action, body.dedup_key])).toEqual([
      [17, "trigger", id],
      [21, "resolve", id],
    ]);
  });

  it("to an incident channel is told of the acknowledgement, after the incident is open and once each time", async () => {
    const b = await bench({ yaml: yaml(STEPS).replace("channels: [ops]", "channels: [pager, ops]") });
    let isDown = true;
    b.answer(({ to }) => (to === "/pager" ? { status: isDown ? 503 : 202, body: "{}" } : { status: 200 }));
    b.to(1);
    b.fail(0.5);
    await b.beats(2);
    await ack(b, "broken");
    await b.beats(4);
    isDown = false;
    await b.beats(12);
    b.fail(12);
    await b.beats(20);
    await ack(b, "broken", null);
    await b.beats(21);
    await ack(b, "broken", "bob");
    await b.beats(23);
    b.recover(23.5);
    await b.beats(26);
    const took = b.messages.filter(({ to }) => to === "/pager").map(({ body }) => body.event_action);
    expect([...new Set(took.slice(0, took.indexOf("acknowledge")))]).toEqual(["trigger"]);
    expect(took.slice(took.indexOf("acknowledge"))).toEqual(["acknowledge", "acknowledge", "resolve"]);
    expect(b.messages.filter(({ to }) => to === "/ops").map(({ body }) => body.reason)).not.toContain("acknowledged");
  });

  it.each(["beat", "round"] as const)(
    "to an incident channel is told of one that came before the incident (%s)",
    async (go) => {
      const silence = `silences: [{ match: { rule: [broken] }, until: "2026-11-20T10:10:00Z" }]`;
      const b = await bench({ yaml: yaml("", silence).replace("channels: [ops]", "channels: [pager]") });
      b.answer(({ to }) => (to === "/pager" ? { status: 202, body: "{}" } : { status: 200 }));
      b.to(1);
      b.fail(0.5);
      await b.beats(3);
      await ack(b, "broken");
      await b.beats(9);
      expect(b.messages).toEqual([]);
      b.to(10);
      await b[go]();
      expect(b.messages.map(({ body }) => body.event_action)).toEqual(["trigger", "acknowledge"]);
      await b.beats(15);
      b.recover(15.5);
      await b.beats(18);
      expect(b.messages.map(({ body }) => body.event_action)).toEqual(["trigger", "acknowledge", "resolve"]);
    },
  );

  it("of an alert on an incident channel comes in time, too", async () => {
    const b = await bench({ yaml: yaml(STEPS).replace("channels: [ops]", "channels: [pager]") });
    b.answer(({ to }) => (to === "/pager" ? { status: 202, body: '{"status":"success"}' } : { status: 200 }));
    b.to(1);
    b.fail(0.5);
    await b.beats(20);
    expect(b.messages.map(({ at, to }) => `${at} ${to}`)).toEqual(["2 /pager", "17 /lead"]);
  });

  it("that could not be delivered yet is taken back by the acknowledgement, and comes where that is taken back", async () => {
    const b = await bench({ yaml: yaml(STEPS) });
    b.answer(({ to }) => ({ status: to === "/lead" ? 503 : 200 }));
    b.to(1);
    b.fail(0.5);
    await b.beats(18);
    await ack(b, "broken");
    const tried = b.messages.length;
    b.answer(() => ({ status: 200 }));
    await b.beats(28);
    expect(b.messages).toHaveLength(tried);
    expect((await listDeliveries(b.app)).map(({ channel, status }) => [channel, status])).toEqual([
      ["ops", "delivered"],
    ]);
    await ack(b, "broken", null);
    await b.beats(29);
    expect(b.messages.slice(tried).map(line)).toEqual(["29 /lead escalation firing: svc-1 firing ×1(+1)"]);
  });

  it("that was being sent as it was acknowledged is not tried again, nor goes to the fallback", async () => {
    const b = await bench({
      yaml: yaml(STEPS, "", "").replace('"HOOK/lead" }', '"HOOK/lead", fallback: boss, fallbackAfter: 1m }'),
    });
    b.answer(async ({ to }) => {
      if (to === "/lead") await ack(b, "broken");
      return { status: to === "/lead" ? 503 : 200 };
    });
    b.to(1);
    b.fail(0.5);
    await b.beats(40);
    expect(b.messages.map(({ at, to }) => `${at} ${to}`)).toEqual(["2 /ops", "17 /lead"]);
  });

  it("waits for the end of a silence", async () => {
    const until = new Date(Date.parse("2026-11-20T10:20:00Z")).toISOString();
    const from = new Date(Date.parse("2026-11-20T10:03:00Z")).toISOString();
    const b = await failing({
      yaml: yaml(STEPS, `silences: [{ match: { rule: [broken] }, from: "${from}", until: "${until}" }]`),
    });
    await b.beats(25);
    expect(b.messages.map(line)).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "20 /lead escalation firing: svc-1 firing ×1(+1)",
    ]);
  });

  it("takes all steps whose time is over once a silence ends", async () => {
    const from = new Date(Date.parse("2026-11-20T10:03:00Z")).toISOString();
    const until = new Date(Date.parse("2026-11-20T10:40:00Z")).toISOString();
    const b = await failing({
      yaml: yaml(STEPS, `silences: [{ match: { rule: [broken] }, from: "${from}", until: "${until}" }]`),
    });
    await b.beats(45);
    expect(b.messages.map(({ at, to }) => `${at} ${to}`).toSorted()).toEqual(["2 /ops", "40 /boss", "40 /lead"]);
  });

  it("is not inherited by the routes below", async () => {
    const b = await failing({ yaml: yaml(`${STEPS}, routes: [{ match: { rule: [broken] } }]`) });
    await b.beats(20);
    expect(b.messages.map(({ to }) => to)).toEqual(["/ops"]);
  });
});
