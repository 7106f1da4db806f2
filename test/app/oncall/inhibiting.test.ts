// Inhibition as timelines in minutes: an alert that another one explains is held back, and notified when that is over.
import { describe, expect, it } from "vitest";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import type { Store } from "../../../lib/store/port.ts";
import { type Bench, bench, failing, line } from "../support.ts";
import { listInhibitors } from "./bench.ts";

const INHIBIT = "inhibit: [{ source: { rule: [down] }, target: { rule: [slow] }, equal: [connection] }]";
const yaml = (more = INHIBIT, down = "") => `
rules:
  - id: down
    when: { text: [{ wildcard: "*down*" }] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
    ${down}
  - id: slow
    when: { text: [{ wildcard: "*slow*" }] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupBy: [rule, resource.id], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
${more}`;
const services = ["svc-1", "svc-2", "svc-3"];

/** An alert of svc-1 holds one of svc-2 back. */
async function holding(): Promise<Bench> {
  const b = await bench({ yaml: yaml(), services });
  await reconcileRules(b.app);
  b.to(1);
  b.fail(0.5, "pool is down", "svc-1");
  b.fail(0.6, "slow", "svc-2");
  await b.beats(3);
  return b;
}

describe("an alert that another one explains", () => {
  it("is held back while that fires, says by which, and is notified at once when it ends", async () => {
    const b = await failing({ yaml: yaml(), services }, "pool is down");
    b.fail(0.6, "slow", "svc-2");
    await b.beats(20);
    const open = await openAlerts(b.app);
    const down = open.find(({ rule }) => rule === "down")!;
    expect(open.map(({ suppressedBy }) => suppressedBy)).toEqual([[], [`alert ${down.id} of down`]]);
    b.recover(20.5, "svc-1");
    await b.beats(22);
    expect(b.messages.map(line).sort()).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "21 /ops new firing: svc-2 firing ×1(+1)",
      "21 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
    expect(await listInhibitors(b)).toEqual([]);
  });

  it("is held back by what fires before it, and is not repeated where it was notified", async () => {
    const b = await bench({
      yaml: `${yaml()}`.replace("groupInterval: 1m", "groupInterval: 1m, repeatInterval: 5m"),
      services,
    });
    b.to(1);
    b.fail(0.5, "slow", "svc-2");
    await b.beats(3);
    b.fail(3.5, "pool is down", "svc-1");
    await b.beats(13);
    expect(b.messages.map(line).filter((text) => text.includes("svc-2"))).toEqual([
      "2 /ops new firing: svc-2 firing ×1(+1)",
    ]);
  });

  it("that came and went meanwhile is counted, and pages nobody", async () => {
    const b = await failing({ yaml: yaml(), services }, "pool is down");
    b.fail(0.6, "slow", "svc-2");
    await b.beats(5);
    b.recover(5.5, "svc-2");
    await b.beats(8);
    b.recover(8.5, "svc-1");
    await b.beats(12);
    expect(b.messages.map(line).sort()).toEqual([
      "2 /ops new firing: svc-1 firing ×1(+1)",
      "9 /ops digest resolved: svc-2 resolved ×1(+1)",
      "9 /ops resolved resolved: svc-1 resolved ×1(+0)",
    ]);
    expect(b.messages.find(({ body }) => body.reason === "digest")!.body.suppressed).toEqual({
      silenced: 0,
      muted: 0,
      inhibited: 1,
    });
  });

  it("stays held by the other of two, until the last one ends", async () => {
    const b = await failing({ yaml: yaml(), services }, "pool is down");
    b.fail(0.5, "pool is down", "svc-3");
    b.fail(0.6, "slow", "svc-2");
    await b.beats(3);
    b.recover(3.5, "svc-1");
    await b.beats(6);
    b.recover(6.5, "svc-3");
    await b.beats(8);
    expect(b.messages.map(line).filter((text) => text.includes("svc-2"))).toEqual([
      "7 /ops new firing: svc-2 firing ×1(+1)",
    ]);
  });

  it("is notified once the source ends by itself, as an occurrence or by a deadline", async () => {
    const b = await failing(
      {
        yaml: yaml(INHIBIT, "").replace(
          "resolve: { when: { source: [service-events], level: [normal] } }",
          "resolve: { after: 10m }",
        ),
        services,
      },
      "pool is down",
    );
    b.fail(0.6, "slow", "svc-2");
    await b.beats(23);
    expect(b.messages.map(line).filter((text) => text.includes("svc-2"))).toEqual([
      "11 /ops new firing: svc-2 firing ×1(+1)",
    ]);
  });
});

describe("a change of the configuration", () => {
  it("that removes the rule of the source frees what it held, and leaves no row", async () => {
    const b = await holding();
    await b.reload(yaml("").replace(/ {2}- id: down[\s\S]*?\n {2}- id: slow/, "  - id: slow"));
    await reconcileRules(b.app);
    await b.beats(4);
    expect(b.messages.map(line).filter((text) => text.includes("svc-2"))).toEqual([
      "4 /ops new firing: svc-2 firing ×1(+1)",
    ]);
    expect(await listInhibitors(b)).toEqual([]);
  });

  it("that removes inhibit frees what was held, at once", async () => {
    const b = await holding();
    expect(await listInhibitors(b)).toHaveLength(1);
    await b.reload(yaml(""));
    await reconcileRules(b.app);
    await b.beats(4);
    expect(b.messages.map(line).filter((text) => text.includes("svc-2"))).toEqual([
      "4 /ops new firing: svc-2 firing ×1(+1)",
    ]);
    expect(await listInhibitors(b)).toEqual([]);
  });

  it("that adds inhibit judges what is open already", async () => {
    const b = await bench({ yaml: yaml(""), services });
    await reconcileRules(b.app);
    b.to(1);
    b.fail(0.5, "pool is down", "svc-1");
    await b.beats(3);
    await b.reload(yaml());
    await reconcileRules(b.app);
    b.fail(3.5, "slow", "svc-2");
    await b.beats(6);
    expect(b.messages.map(line).filter((text) => text.includes("svc-2"))).toEqual([]);
  });

  it.each([
    [
      "that removes the rule of many sources",
      (text: string) => text.replace(/ {2}- id: down[\s\S]*?\n {2}- id: slow/, "  - id: slow"),
    ],
    ["that has other inhibit rules for many alerts", (text: string) => text.replaceAll("warning]", "info]")],
  ])("%s fits the commits of a store that takes 88 items", async (_, change) => {
    const rules = ["severity", "labels.a", "labels.b"].map((path) => {
      return `{ source: { rule: [down] }, target: { rule: [slow], severity: [warning] }, equal: [resource.id, ${path}] }`;
    });
    const each = yaml(`inhibit: [${rules.join(", ")}]`).replace("id: slow", "id: slow\n    severity: warning");
    const many = Array.from({ length: 40 }, (_, number) => `svc-${number}`);
    const wrapStore = (store: Store): Store => ({
      ...store,
      limits: { ...store.limits, items: 88 },
      async commit(ops) {
        expect(ops.length).toBeLessThanOrEqual(88);
        await store.commit(ops);
      },
    });
    const b = await bench({ yaml: each, services: many, wrapStore, requestsPerSecond: 1_000 });
    await reconcileRules(b.app);
    b.to(1);
    for (const id of many) b.fail(0.5, "down", id);
    for (const id of many) b.fail(0.6, "slow", id);
    await b.beats(2);
    const before = (await listInhibitors(b)).length;
    await b.reload(change(each));
    await reconcileRules(b.app);
    await b.beats(3);
    expect([before, (await listInhibitors(b)).length]).toEqual([120, change(each).includes("id: down") ? 120 : 0]);
  });
});
