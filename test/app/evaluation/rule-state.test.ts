// Rules with state through the whole application: their deadlines as rows, their first poll, their
// bound, and what is notified of them.
import { describe, expect, it } from "vitest";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import { endedAlerts, openAlerts } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { startReplay } from "../../../lib/app/replay/replay.ts";
import { rulePartition } from "../../../lib/rules/compile.ts";
import { type Store, StoreError } from "../../../lib/store/port.ts";
import { eventAt, START } from "../../support/event.ts";
import { replayConfig } from "../../support/replay.ts";
import { bench, failing, line, MINUTE, SERVICE, T0 } from "../support.ts";

const yaml = (rule: string) => `
rules: [${rule}]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;

describe("a rule that expects a follow-up", () => {
  const rule =
    "{ id: stuck, when: { level: [error] }, expect: { when: { source: [service-events], level: [normal] }, within: 5m } }";

  it("notifies at the deadline, by no event, and notifies of the late follow-up", async () => {
    const b = await failing({ yaml: yaml(rule) });
    await b.rounds(8);
    b.recover(8.5);
    await b.rounds(11);
    expect(b.messages.map(line)).toEqual([
      "6 /ops new firing: svc-1 firing ×1(+1)",
      expect.stringMatching(/ \/ops resolved resolved: svc-1 resolved ×1\(\+0\)$/),
    ]);
  });

  it("notifies nothing where the follow-up came in time", async () => {
    const b = await failing({ yaml: yaml(rule) });
    b.recover(3);
    await b.rounds(10);
    expect(b.messages).toEqual([]);
  });
});

describe("a rule over what is absent", () => {
  it("notifies once the silence has lasted, and of its end", async () => {
    const b = await failing({ yaml: yaml("{ id: silent, when: { level: [error] }, absence: { for: 5m } }") });
    await b.rounds(8);
    b.fail(8.5);
    await b.rounds(11);
    expect(b.messages.map(line)).toEqual([
      "6 /ops new firing: svc-1 firing ×0(+0)",
      expect.stringMatching(/ \/ops resolved resolved: svc-1 resolved ×0\(\+0\)$/),
    ]);
  });

  it("opens the older of two alerts again where what is found late makes them one, and ends the younger", async () => {
    const rule = "absence: { for: 3m }, resolve: { when: { level: [normal] } }, reopen: 5m";
    const b = await failing({ yaml: yaml(`{ id: silent, when: { level: [error] }, ${rule} }`) });
    await b.rounds(4);
    b.recover(4);
    await b.rounds(10);
    b.fail(10.5);
    await b.rounds(14);
    const [older] = await endedAlerts(b.app);
    const [younger] = await openAlerts(b.app);
    b.fail(5);
    await b.rounds(17);
    expect((await openAlerts(b.app)).map(({ id }) => id)).toEqual([older!.id]);
    expect((await endedAlerts(b.app)).map(({ id }) => id)).toEqual([younger!.id]);
    expect(b.messages.slice(-1).map(line)).toEqual(["15 /ops new firing: svc-1 firing ×0(+0), svc-1 resolved ×0(+0)"]);
  });
});

describe("a rule over targets that are silent", () => {
  const rule = "{ id: mute, when: { source: [service-events] }, absence: { for: 5m, over: targets } }";

  it("notifies of a target that never had an event, once it was read for so long", async () => {
    const b = await bench({ yaml: yaml(rule) });
    await b.rounds(4);
    expect(b.messages).toEqual([]);
    await b.rounds(7);
    b.recover(7.5);
    await b.rounds(10);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new", "resolved"]);
    expect(b.messages[0]!.body.alerts[0]).toMatchObject({
      summary: "svc-1: No matching event for 5 minutes",
      key: { "resource.id": "svc-1" },
      count: 0,
      events: [],
    });
  });

  it("watches what is polled already when it is added", async () => {
    const b = await bench({ yaml: yaml("{ id: other, when: { level: [error] } }") });
    await b.rounds(3);
    await b.reload(yaml(rule));
    await b.rounds(7);
    expect(b.messages).toEqual([]);
    await b.rounds(10);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new"]);
  });

  it("watches what is polled already when it waited for what was seen alone before", async () => {
    const b = await bench({ yaml: yaml(rule.replace("over: targets", "over: seen")), services: [SERVICE, "svc-2"] });
    await b.rounds(2);
    b.recover(2.5);
    await b.rounds(4);
    await b.reload(yaml(rule));
    await b.rounds(11);
    const at = (minutes: number) => new Date(T0 + minutes * MINUTE).toISOString();
    expect((await openAlerts(b.app)).map(({ key, startsAt }) => [key["resource.id"], startsAt])).toEqual([
      ["svc-1", at(7.5)],
      ["svc-2", at(10)],
    ]);
  });

  it("waits no more for what was never seen when it waits for what was seen alone", async () => {
    const b = await bench({ yaml: yaml(rule), services: [SERVICE, "svc-2", "svc-3"] });
    await b.rounds(2);
    b.recover(2.5);
    await b.rounds(4);
    await b.reload(yaml(rule.replace("over: targets", "over: seen")));
    await b.rounds(11);
    expect((await openAlerts(b.app)).map(({ key }) => key["resource.id"])).toEqual([SERVICE]);
  });

  it("lets go of a target that has ended", async () => {
    const sources = "sources: [{ kind: service-events, discover: { status: [running] } }]";
    const b = await bench({ yaml: `${sources}\n${yaml(rule.replace("5m", "20m"))}` });
    await b.rounds(10);
    b.sim.world.services.get("svc-1")!.row.status = "stopped";
    await b.rounds(60, 2);
    expect(b.messages).toEqual([]);
    expect(await openAlerts(b.app)).toEqual([]);
  });
});

describe("a rule that looks for new values", () => {
  it("learns from a target's first poll, and notifies what comes after it", async () => {
    const b = await bench({
      yaml: yaml("{ id: fresh, when: { source: [service-events] }, newValue: { field: message } }"),
    });
    b.to(1);
    b.fail(0.2);
    b.recover(0.5);
    await b.rounds(2);
    expect(b.messages).toEqual([]);
    b.fail(2.5);
    await b.rounds(4);
    expect(await openAlerts(b.app)).toEqual([]);
    b.fail(4.5, "Out of memory");
    await b.rounds(6);
    expect(b.messages.map(line)).toEqual(["5 /ops new firing: svc-1 firing ×1(+1)"]);
  });
});

describe("a rule that looks for changes", () => {
  async function startMoves(fields: string) {
    const rule = `{ id: moves, when: { source: [service-events] }, change: { field: type }, ${fields} }`;
    const source = "sources: [{ id: services, kind: service-events }]\nchannels: { ops: { type: console } }\n";
    const config = await replayConfig(`${source}rules: [${rule}]\n`);
    const targets = [{ source: config.sources[0]!, target: { id: SERVICE } }];
    return startReplay({ config, start: START, targets });
  }

  /** The alerts after these events, each of a day, a key and a type. */
  async function changes(fields: string, events: readonly (readonly [number, string, string])[]) {
    const replay = await startMoves(fields);
    for (const [day, resourceId, type] of events) {
      const at = day * 1_440;
      await replay.passTo(START + at * MINUTE);
      await replay.feed(START + at * MINUTE, [eventAt(at, { id: `${day}`, resourceId, type })]);
    }
    await replay.close();
    const opened = replay.transitions.filter(({ transition }) => transition.kind === "opened");
    return opened.map(({ transition: { alert } }) => [
      alert.key["overflow"] ? "shared" : alert.key["resource.id"],
      (Date.parse(alert.startsAt) - START) / (1_440 * MINUTE),
    ]);
  }

  it("knows the value of a key that has had no event for months", async () => {
    const events = [
      [1, SERVICE, "normal"],
      [200, SERVICE, "normal"],
      [400, SERVICE, "abnormal"],
    ] as const;
    expect(await changes("severity: error", events)).toEqual([[SERVICE, 400]]);
  });

  it("keeps none that has had no event for a month where another needs its place", async () => {
    const events = [
      [1, "a", "normal"],
      [2, "b", "normal"],
      [3, "c", "normal"],
      [33, "b", "normal"],
      [40, "d", "normal"],
      [41, "d", "abnormal"],
      [42, "a", "abnormal"],
      [43, "b", "abnormal"],
    ] as const;
    expect(await changes("maxKeys: 2", events)).toEqual([
      ["shared", 3],
      ["d", 41],
      ["shared", 42],
      ["b", 43],
    ]);
  });

  it("keeps no more keys than it may, however many are new each month, and has room for those", async () => {
    const replay = await startMoves("maxKeys: 60");
    const kept: number[] = [];
    for (let month = 0; month < 5; month++) {
      const at = 33 * 1_440 * month;
      const events = Array.from({ length: 45 }, (_, key) =>
        eventAt(at, { id: `${month}-${key}`, resourceId: `svc-${month}-${key}`, type: "normal" }),
      );
      await replay.feed(START + at * MINUTE, events, [], async ({ store, rules }) => {
        const rows = await store.list<RuleRow>(rulePartition(rules.all[0]!));
        kept.push(rows.length);
      });
    }
    await replay.close();
    expect(kept).toEqual([45, 60, 60, 60, 60]);
  });

  it("forgets no more keys than new ones need and a few, those without an event for the longest", async () => {
    const replay = await startMoves("maxKeys: 60");
    const feed = (day: number, keys: readonly number[], type: string) => {
      const at = day * 1_440;
      const event = (key: number) => eventAt(at, { id: `${day}-${key}`, resourceId: `svc-${key}`, type });
      return replay.feed(START + at * MINUTE, keys.map(event));
    };
    const keys = Array.from({ length: 60 }, (_, key) => key);
    await feed(1, keys.slice(0, 40), "normal");
    await feed(2, keys.slice(40), "normal");
    await feed(3, keys.slice(3, 40), "normal");
    await feed(41, [60], "normal");
    await feed(42, keys, "abnormal");
    await replay.close();
    const found = replay.transitions.flatMap(({ transition: { kind, alert } }) =>
      kind === "opened" && !alert.key["overflow"] ? [alert.key["resource.id"]] : [],
    );
    expect(found.sort()).toEqual(
      keys
        .slice(3)
        .map((key) => `svc-${key}`)
        .sort(),
    );
  });

  it("has the keys of each full rule counted once, however many rules make room at a time", async () => {
    const rules = ["one", "two", "three"];
    const all = rules.map(
      (id) => `{ id: ${id}, when: { level: [error, normal] }, change: { field: level }, maxKeys: 2 }`,
    );
    const listed: string[] = [];
    const wrapStore = (store: Store): Store => ({
      ...store,
      list(pk, options) {
        if (/^rule\//.test(pk)) listed.push(pk.split("/")[1]!);
        return store.list(pk, options);
      },
    });
    const services = ["svc-1", "svc-2", "svc-3"];
    const b = await bench({ yaml: yaml(all.join(", ")), services, wrapStore });
    b.to(1);
    for (const service of services.slice(0, 2)) b.fail(0.5, "Failed", service);
    await b.round();
    b.to(40 * 1_440);
    b.fail(40 * 1_440 - 0.5, "Failed", "svc-3");
    listed.length = 0;
    await b.round();
    expect(listed.filter((rule) => rules.includes(rule)).sort()).toEqual([...rules].sort());
  });
});

describe("a rule that reopens", () => {
  it("goes on with the same alert, listed as open alone", async () => {
    const rule =
      "{ id: flaps, when: { level: [error] }, resolve: { when: { source: [service-events], level: [normal] } }, reopen: 10m }";
    const b = await failing({ yaml: yaml(rule) });
    await b.rounds(2);
    b.recover(2.5);
    await b.rounds(4);
    const [ended] = await endedAlerts(b.app);
    b.fail(5.5);
    await b.rounds(8);
    expect((await openAlerts(b.app)).map(({ id, count }) => [id, count])).toEqual([[ended!.id, 2]]);
    expect(await endedAlerts(b.app)).toEqual([]);
    const notified = b.messages.map(({ body }) => [body.reason, body.alerts[0].count, body.alerts[0].newCount]);
    expect(notified).toEqual([
      ["new", 1, 1],
      ["resolved", 1, 0],
      ["new", 2, 1],
    ]);
  });
});

describe("a rule whose template fails as it renders", () => {
  it("notifies with a default in its place, and counts the failure", async () => {
    const endless = "{% for i in (1..200000000) %}{% endfor %}";
    const b = await failing({
      yaml: yaml(`{ id: loops, when: { level: [error] }, by: [id], summary: "${endless}", description: "fine" }`),
    });
    b.fail(0.6);
    await b.rounds(2);
    const [alert] = await openAlerts(b.app);
    expect(alert).toMatchObject({ summary: `svc-1: ${alert!.events[0]!.message}`, description: "fine" });
    expect((await readStatus(b.app)).failures).toEqual([
      {
        rule: "loops",
        field: "summary",
        count: 2,
        lastAt: "2026-11-20T10:02:00.000Z",
        error: expect.stringContaining("memory alloc limit exceeded"),
      },
    ]);
  });
});

describe("a match that is found after the event that resolved it", () => {
  const rule =
    "{ id: broken, when: { level: [error] }, resolve: { when: { source: [service-events], level: [normal] } } }";

  it("is notified as an alert that came and went, and takes nothing from the one that fires since", async () => {
    const b = await bench({ yaml: yaml(rule) });
    b.to(1);
    b.recover(0.6);
    b.fail(1.5);
    await b.rounds(2);
    b.fail(0.3);
    await b.rounds(4);
    b.recover(4.5);
    await b.rounds(7);
    expect(b.messages.map(line)).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "3 /ops resolved firing: svc-1 resolved ×1(+1), svc-1 firing ×1(+0)",
      "5 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
    const ended = await endedAlerts(b.app);
    const at = (minutes: number) => new Date(T0 + minutes * MINUTE).toISOString();
    expect(ended.map(({ startsAt, endsAt }) => [startsAt, endsAt]).sort()).toEqual([
      [at(0.3), at(0.6)],
      [at(1.5), at(4.5)],
    ]);
  });

  it("counts in the alert that was notified then, wherever that stands by now", async () => {
    const b = await bench({ yaml: yaml(rule) });
    b.to(1);
    b.fail(0.2);
    b.recover(0.6);
    b.fail(1.5);
    await b.rounds(2);
    b.fail(0.3);
    await b.rounds(4);
    const counts = (alerts: { count: number }[]) => alerts.map(({ count }) => count);
    expect(counts(await endedAlerts(b.app))).toEqual([2]);
    expect(counts(await openAlerts(b.app))).toEqual([1]);
  });
});

describe("a rule with more keys than it may keep", () => {
  it("gathers the others in one alert that says so, and counts on in those it has", async () => {
    const b = await bench({ yaml: yaml("{ id: each, when: { level: [error] }, by: [id], maxKeys: 3 }") });
    b.to(1);
    for (let at = 0; at < 7; at++) b.fail(at / 10);
    await b.rounds(2);
    const alerts = await openAlerts(b.app);
    expect(alerts.map(({ count }) => count).sort()).toEqual([1, 1, 1, 4]);
    const overflow = alerts.find(({ key }) => key["overflow"] === true);
    expect(overflow?.summary).toBe("each keeps 3 keys, as many as it may: what other keys match is counted here");
  });

  const broken =
    "{ id: broken, when: { level: [error] }, maxKeys: 3, resolve: { when: { source: [service-events], level: [normal] } } }";
  const services = ["svc-1", "svc-2", "svc-3", "svc-4", "svc-5"];
  const keysOf = (alerts: Awaited<ReturnType<typeof openAlerts>>) =>
    alerts.map(({ key }) => (key["overflow"] ? "shared" : String(key["resource.id"]))).sort();

  it("has room for those that fail beside any number of those that only end what never began", async () => {
    const b = await bench({ yaml: yaml(broken), services });
    b.to(1);
    for (const service of services.slice(0, 3)) b.recover(0.5, service);
    await b.round();
    b.to(3);
    for (const service of services.slice(3)) b.fail(2, "Failed to pull image", service);
    await b.round();
    expect(keysOf(await openAlerts(b.app))).toEqual(["svc-4", "svc-5"]);
    b.to(5);
    for (const service of services) b.recover(4, service);
    await b.round();
    expect(await openAlerts(b.app)).toEqual([]);
  });

  it("counts a key from its first match on, also where its end was found before", async () => {
    const b = await bench({ yaml: yaml(broken), services });
    b.to(1);
    for (const service of services.slice(0, 2)) b.recover(0.5, service);
    await b.round();
    for (const service of services) {
      b.to(2);
      b.fail(1.5, "Failed to pull image", service);
    }
    await b.round();
    expect(await openAlerts(b.app)).toHaveLength(4);
  });

  it("knows of an end whose match is found after it, for as many keys again", async () => {
    const b = await bench({ yaml: yaml(broken), services });
    b.to(1);
    for (const service of services.slice(0, 3)) b.recover(0.5, service);
    await b.round();
    b.to(2);
    b.recover(1.5, "svc-4");
    await b.round();
    b.to(3);
    b.fail(0.2, "Failed to pull image", "svc-3");
    b.fail(0.2, "Failed to pull image", "svc-4");
    await b.round();
    expect(keysOf(await openAlerts(b.app))).toEqual(["svc-4"]);
    expect(keysOf(await endedAlerts(b.app))).toEqual(["svc-3"]);
  });

  it("has no room taken by events without the field that it looks at, and counts none of them", async () => {
    const change = "{ id: moves, when: { level: [error] }, change: { field: labels.none }, by: [id], maxKeys: 3 }";
    const b = await bench({ yaml: yaml(change) });
    b.to(1);
    for (let at = 0; at < 7; at++) b.fail(at / 10);
    await b.rounds(2);
    expect(await openAlerts(b.app)).toEqual([]);
  });

  it("keeps no more of them where their number could not be written down at first", async () => {
    let refuses = true;
    const wrapStore = (store: Store): Store => ({
      ...store,
      async commit(ops) {
        if (refuses && ops.some(({ pk }) => pk.startsWith("keys/"))) throw new StoreError("the disk is full");
        await store.commit(ops);
      },
    });
    const rule = "{ id: each, when: { level: [error] }, by: [id], maxKeys: 3 }";
    const b = await bench({ yaml: yaml(rule), wrapStore });
    b.to(1);
    for (let at = 0; at < 3; at++) b.fail(at / 10);
    await b.round().catch(() => {});
    refuses = false;
    b.to(3);
    for (let at = 0; at < 3; at++) b.fail(2 + at / 10);
    await b.round();
    expect((await openAlerts(b.app)).map(({ count }) => count).sort()).toEqual([1, 1, 1, 3]);
  });
});
