// What a change of the configuration does to alerts that are open.
import { describe, expect, it } from "vitest";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import { tick } from "../../../lib/app/tick.ts";
import type { Store } from "../../../lib/store/port.ts";
import { bench, line } from "../support.ts";

const yaml = (rules: string, route = "channels: [ops]") => `
rules: [${rules}]
route: { ${route}, groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" }, other: { type: webhook, url: "HOOK/other" } }`;
const STATE = "resolve: { when: { source: [service-events], level: [normal] } }";
const BROKEN = `{ id: broken, when: { level: [error] }, ${STATE} }`;

describe("after a reload", () => {
  it("a removed rule's alerts close silently, and what stays is not disturbed", async () => {
    const b = await bench({ yaml: yaml(`${BROKEN}, { id: also, when: { level: [error] }, ${STATE} }`) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    expect(await openAlerts(b.app)).toHaveLength(2);
    await b.reload(yaml(BROKEN));
    await b.rounds(5);
    expect((await openAlerts(b.app)).map(({ rule }) => rule)).toEqual(["broken"]);
    expect(b.messages).toHaveLength(2);
    b.recover(5.5);
    await b.rounds(8);
    expect(b.messages.slice(2).map(line)).toEqual(["6 /ops resolved resolved: svc-1 resolved ×1(+0)"]);
  });

  it("a rule whose meaning changed starts anew", async () => {
    const b = await bench({ yaml: yaml(BROKEN) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml(BROKEN.replace("[error]", "[error, critical]")));
    await b.round();
    expect(await openAlerts(b.app)).toEqual([]);
    b.fail(1.5);
    await b.rounds(2);
    expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([1]);
  });

  it("a rule whose wording changed goes on", async () => {
    const b = await bench({ yaml: yaml(BROKEN) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml(BROKEN.replace("{ id", "{ summary: other words, id")));
    b.fail(1.5);
    await b.rounds(2);
    expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([2]);
  });

  it("alerts of a route that is gone are notified on the routes that are there, and their resolution too", async () => {
    const routed = 'channels: [other], routes: [{ match: { rule: ["broken"] }, channels: [ops] }]';
    const b = await bench({ yaml: yaml(BROKEN, routed) });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml(BROKEN, "channels: [other]"));
    b.recover(2);
    await b.rounds(5);
    expect(b.messages.map(line)).toEqual([
      "1 /ops new firing: svc-1 firing ×1(+1)",
      expect.stringMatching(/^\d \/other resolved resolved: svc-1 resolved ×1\(\+0\)$/),
    ]);
  });

  it("new terms for ending apply to what is open already", async () => {
    const b = await bench({ yaml: yaml("{ id: broken, when: { level: [error] }, resolve: { after: 6h } }") });
    b.to(1);
    b.fail(0.5);
    await b.round();
    await b.reload(yaml("{ id: broken, when: { level: [error] }, resolve: { after: 10m } }"));
    await b.rounds(15);
    expect(b.messages.slice(1).map(line)).toEqual(["11 /ops resolved resolved: svc-1 resolved ×1(+0)"]);
  });

  it("they reach many alerts in few commits, and a start that was killed meanwhile has not worked in vain", async () => {
    const services = Array.from({ length: 200 }, (_, at) => `svc-${at}`);
    let retimed: number[] = [];
    let left = Number.POSITIVE_INFINITY;
    const wrapStore = (store: Store): Store => ({
      ...store,
      limits: { ...store.limits, items: 88 },
      async commit(ops) {
        const due = ops.filter((op) => op.op === "put" && op.queue === "timer").length;
        if (due > 0 && left-- === 0) throw new Error("killed");
        await store.commit(ops);
        if (due > 0) retimed.push(due);
      },
    });
    const terms = (after: string) => yaml(`{ id: broken, when: { level: [error] }, by: [resource.id], ${after} }`);
    const b = await bench({ yaml: terms("resolve: { after: 6h }"), services, wrapStore });
    b.to(1);
    for (const service of services) b.fail(0.5, "Failed to pull image", service);
    await b.round();
    await b.reload(terms("resolve: { after: 10m }"));
    [retimed, left] = [[], 1];
    await expect(reconcileRules(b.app)).rejects.toThrow("killed");
    const [first = 0] = retimed;
    expect(first).toBeGreaterThan(40);
    [retimed, left] = [[], Number.POSITIVE_INFINITY];
    await reconcileRules(b.app);
    expect(retimed.reduce((sum, count) => sum + count, 0)).toBe(200 - first);
    expect(retimed.length).toBeLessThan(5);
    b.to(12);
    await b.beat();
    expect(await openAlerts(b.app)).toEqual([]);
  });

  it("terms that were given up halfway leave no alert behind", async () => {
    const services = Array.from({ length: 100 }, (_, at) => `svc-${at}`);
    let killed = false;
    const wrapStore = (store: Store): Store => ({
      ...store,
      limits: { ...store.limits, items: 88 },
      async commit(ops) {
        if (killed && ops.some(({ pk, sk }) => pk === "meta" && sk === "rules")) {
          await store.commit(ops);
          throw new Error("killed");
        }
        return store.commit(ops);
      },
    });
    const terms = (after: string) => yaml(`{ id: broken, when: { level: [error] }, by: [resource.id], ${after} }`);
    const b = await bench({ yaml: terms("resolve: { after: 10m }"), services, wrapStore });
    b.to(1);
    for (const service of services) b.fail(0.5, "Failed to pull image", service);
    await b.round();
    await b.reload(terms("resolve: { after: 6h }"));
    killed = true;
    await expect(reconcileRules(b.app)).rejects.toThrow("killed");
    killed = false;
    // By the terms that were to be.
    await tick(b.app, new AbortController().signal, { timers: true });
    b.to(2);
    await b.reload(terms("resolve: { after: 10m }"));
    await reconcileRules(b.app);
    b.to(12);
    await b.beat();
    expect(await openAlerts(b.app)).toEqual([]);
  });
});
