// Two configurations on one state, as in a rolling deploy: the newer one decides, the older
// finishes nothing, and nothing is lost.
import { describe, expect, it } from "vitest";
import { deliverDue, listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { notifyDue } from "../../../lib/app/delivery/notify.ts";
import type { App } from "../../../lib/app/deps.ts";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { pollLeased, pollSource } from "../../../lib/app/polling/poll.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import { rulePartition } from "../../../lib/rules/compile.ts";
import { type Bench, bench, line, MINUTE } from "../support.ts";

const yaml = (rule: string) => `
rules: [{ id: broken, by: [resource.id], ${rule} }]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const OLD = yaml("when: { level: [error] }");
const NEW = yaml("when: { level: [error, critical] }");

const signal = new AbortController().signal;
const poll = (app: App) => pollSource(app, app.config.sources[0]!, signal);

/** The older configuration decides, and it is the first minute. */
async function deciding(): Promise<{ b: Bench; old: App }> {
  const b = await bench({ yaml: OLD });
  await reconcileRules(b.app);
  b.to(1);
  return { b, old: b.app };
}

describe("a newer configuration", () => {
  it("decides from its first moment on: the older polls, evaluates and notifies no more", async () => {
    const b = await bench({ yaml: OLD });
    const old = b.app;
    b.to(1);
    await b.beat();
    await reconcileRules(old);
    b.to(2);
    await b.reload(NEW);
    await reconcileRules(b.app);
    b.fail(1.5);
    await expect(poll(old)).rejects.toThrow("another process runs a newer configuration");
    await expect(reconcileRules(old)).rejects.toThrow("a newer configuration decides on this state");
    await b.beat();
    await expect(poll(old)).rejects.toThrow("newer configuration");
    expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([1]);
    expect(b.messages.map(line)).toEqual(["2 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("whose poll began before takes over in the middle of it: one page for one failure, and no row is left behind", async () => {
    const { b, old } = await deciding();
    b.fail(0.5);
    const next = { ...old };
    await b.reload(NEW);
    // The older process has asked the cloud already when the newer one takes over.
    const slow: App = {
      ...next,
      learnSecrets: async () => {
        await reconcileRules(b.app);
        return [];
      },
    };
    await expect(poll(slow)).rejects.toThrow("newer configuration");
    await b.beat();
    expect(b.messages.map(line)).toEqual(["1 /ops new firing: svc-1 firing ×1(+1)"]);
    expect(await b.store.list(rulePartition(old.rules.all[0]!))).toEqual([]);
  });

  it("notifies what the older one opened and had not notified yet, though the rule has changed", async () => {
    const { b, old } = await deciding();
    b.fail(0.5);
    await poll(old);
    await b.reload(NEW);
    await reconcileRules(b.app);
    await b.beats(3);
    expect(b.messages.map(line)).toEqual(["2 /ops resolved resolved: svc-1 resolved ×1(+1)"]);
  });

  it("is not asked by an older one that was rung for: what is due waits for the newer", async () => {
    const b = await bench({ yaml: OLD.replace("when: {", "summary: a, when: {") });
    const old = b.app;
    await reconcileRules(old);
    b.to(1);
    b.fail(0.5);
    await poll(old);
    await b.reload(OLD.replace("when: {", "summary: b, when: {"));
    await reconcileRules(b.app);
    b.to(3);
    await expect(notifyDue(old)).rejects.toThrow("newer configuration");
    expect(b.messages).toEqual([]);
    await b.beat();
    expect(b.messages.map(line)).toEqual(["3 /ops new firing: svc-1 firing ×1(+1)"]);
  });

  it("of the same time as the one that decides stands by, however often both are called", async () => {
    const { b, old } = await deciding();
    b.fail(0.5);
    await b.reload(NEW);
    const twin: App = { ...b.app, generation: { ...b.app.generation, stamp: old.generation.stamp } };
    for (let times = 0; times < 3; times++) {
      await expect(reconcileRules(twin)).rejects.toThrow("stands by");
      await reconcileRules(old);
      await poll(old);
    }
    expect((await openAlerts(old)).map(({ count }) => count)).toEqual([1]);
    // Nothing is called any more that has the first one.
    b.to(4.5);
    await reconcileRules(twin);
    await expect(reconcileRules(old)).rejects.toThrow("stands by");
  });

  it("that is gone for three minutes gives way to the older again, as after a rollback", async () => {
    const { b, old } = await deciding();
    await b.reload(NEW);
    await reconcileRules(b.app);
    await b.beat();
    b.to(3.5);
    await expect(reconcileRules(old)).rejects.toThrow("stands by");
    b.to(4.5);
    await reconcileRules(old);
    b.fail(4);
    expect((await poll(old)).found).toBe(1);
    await expect(poll(b.app)).rejects.toThrow("newer configuration");
  });

  it("that polls less often is waited for as long as its own polls need, however often the older one polls", async () => {
    const { b, old } = await deciding();
    b.to(2);
    await b.reload(`sources: [{ kind: service-events, targets: [svc-1], every: 5m }]\n${NEW}`);
    await reconcileRules(b.app);
    for (const [polled, asked] of [
      [2, 6.5],
      [7, 11.5],
    ] as const) {
      b.to(polled);
      await poll(b.app);
      b.to(asked);
      await expect(reconcileRules(old)).rejects.toThrow("stands by");
    }
    b.to(17.5);
    await reconcileRules(old);
    expect((await poll(old)).targets).toBe(1);
  });

  it("whose first run takes longer than that is not gone while it goes on", async () => {
    const { b, old } = await deciding();
    b.to(2);
    await b.reload(NEW);
    await reconcileRules(b.app);
    const renewed = Promise.withResolvers<void>();
    const { now } = b.app.clock;
    let sleeps = 0;
    const sleep = async (_ms: number, signal?: AbortSignal) => {
      if (sleeps++ === 0) return b.to(8);
      renewed.resolve();
      await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
    };
    const slow: App = {
      ...b.app,
      clock: { now, sleep },
      learnSecrets: async () => {
        await renewed.promise;
        await expect(reconcileRules(old)).rejects.toThrow("stands by");
        return [];
      },
    };
    const { report } = await pollLeased(slow, slow.config.sources[0]!, signal);
    expect(report).toMatchObject({ targets: 1, discoveryError: undefined });
    expect(slow.generation.own).toBe(b.app.generation.own);
  });

  it("is the same one where two processes read the same file: both decide", async () => {
    const b = await bench({ yaml: OLD });
    const first = b.app;
    await reconcileRules(first);
    b.to(MINUTE);
    await b.reload(OLD);
    await reconcileRules(b.app);
    expect(first.generation.own).toBe(b.app.generation.own);
    await poll(first);
    await poll(b.app);
  });
});

describe("a delivery that the older configuration was sending", () => {
  it("is recorded by it, and not sent again", async () => {
    const { b, old } = await deciding();
    b.fail(0.5);
    await poll(old);
    b.to(2);
    await notifyDue(old);
    const next = await b.reload(OLD.replace("groupInterval: 1m", "groupInterval: 2m")).then(() => b.app);
    let taken: Promise<void> | undefined;
    b.answer(() => {
      taken ??= reconcileRules(next);
      return { status: 200 };
    });
    // What was sent is sent, whoever decides: it is recorded without asking.
    await deliverDue(old, signal);
    await taken;
    await b.beats(10);
    expect(b.messages.map(line)).toEqual(["2 /ops new firing: svc-1 firing ×1(+1)"]);
    expect((await listDeliveries(next)).map(({ status, attempts }) => [status, attempts])).toEqual([["delivered", 1]]);
  });
});

describe("a single round", () => {
  it("with another configuration keeps the one that waits from nothing once it has ended", async () => {
    const { b, old } = await deciding();
    await b.reload(NEW);
    await b.round();
    await expect(poll(old)).rejects.toThrow("newer configuration");
    await reconcileRules(old);
    expect((await poll(old)).targets).toBe(1);
  });

  it("with the configuration that decides already leaves it to those who run on", async () => {
    const { b, old } = await deciding();
    await b.reload(NEW);
    await reconcileRules(b.app);
    await b.reload(NEW);
    await b.round();
    await expect(reconcileRules(old)).rejects.toThrow("stands by");
  });
});
