// Two pollers at one target: whoever is overtaken before its commit reads again from where the other one has come, and
// nothing is missed, evaluated twice, or called unreadable for it.
import { describe, expect, it } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { checkHealth } from "../../../lib/app/health/health.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { PollFailed, pollKind } from "../../../lib/aws/poll.ts";
import type { Store } from "../../../lib/store/port.ts";
import { type Bench, bench, MINUTE, SERVICE, T0 } from "../support.ts";

const YAML = `
rules: [{ id: any, when: { level: [error] }, by: [] }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const { signal } = new AbortController();
const poll = (app: App) => pollSource(app, app.config.sources[0]!, signal);

/** Where the first poller is when the other one comes by. */
type Moment = "its row is loaded" | "it commits";

interface Pollers {
  b: Bench;
  other: App;
  /** The other one finds something new, and something more happens, each of the next times that the first one is there. */
  overtake(moment: Moment, times: number): void;
  /** Minutes of what has failed so far. */
  failed: number[];
}

/** Both have polled once, and the service has failed since. */
async function pollers(): Promise<Pollers> {
  const overtaking = { at: undefined as Moment | undefined, left: 0, busy: false };
  const failed: number[] = [];
  async function comesBy(moment: Moment): Promise<void> {
    if (overtaking.at !== moment || overtaking.left === 0 || overtaking.busy) return;
    overtaking.left--;
    overtaking.busy = true;
    fail();
    await poll(other);
    fail();
    overtaking.busy = false;
  }
  const isTarget = ({ pk }: { pk: string }) => pk.startsWith("target/");
  const wrapStore = (store: Store): Store => ({
    ...store,
    async get(key) {
      const row = await store.get<never>(key);
      if (isTarget(key)) await comesBy("its row is loaded");
      return row;
    },
    async commit(ops) {
      if (ops.some(isTarget)) await comesBy("it commits");
      return store.commit(ops);
    },
  });
  const b = await bench({ yaml: YAML, wrapStore });
  const other = await b.beside();
  function fail(): void {
    const at = (1_500 + failed.length) / 1_000;
    b.fail(at, `Failed: ${failed.length}`);
    failed.push(at);
  }
  b.to(1);
  await poll(b.app);
  b.to(2);
  fail();
  return {
    b,
    other,
    overtake: (at, left) => void Object.assign(overtaking, { at, left }),
    failed,
  };
}

/** Each failure was evaluated once. */
async function expectAllOnce({ b, failed }: Pollers): Promise<void> {
  const seen = (await seenEvents(b.app)).map(({ time }) => Date.parse(time)).sort();
  expect(seen).toEqual(failed.map((minutes) => Math.floor(T0 + minutes * MINUTE)));
  expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([failed.length]);
}

describe.each<Moment>(["its row is loaded", "it commits"])("a poller that is overtaken when %s", (moment) => {
  it.each([1, 2])("%i times reads again, and nothing is missed or evaluated twice", async (times) => {
    const both = await pollers();
    both.overtake(moment, times);
    expect(await poll(both.b.app)).toMatchObject({ failing: {}, unreached: 0, interrupted: false });
    expect(both.failed).toHaveLength(2 * times + 1);
    await expectAllOnce(both);
  });

  it("each time leaves the target to the other one, and calls it neither failing nor read", async () => {
    const both = await pollers();
    const { b } = both;
    both.overtake(moment, Number.POSITIVE_INFINITY);
    const { failing, unreached } = await poll(b.app);
    expect([unreached, failing]).toEqual([
      1,
      { [SERVICE]: expect.objectContaining({ kind: "interrupted", tries: 0 }) },
    ]);
    both.overtake(moment, 0);
    // Three tries, and two failures at each.
    expect(both.failed.length).toBeGreaterThanOrEqual(7);
    expect(await checkHealth(b.app)).toEqual([]);
    const { targets } = await readStatus(b.app);
    expect(targets).toMatchObject([{ target: SERVICE, error: null }]);
    b.to(3);
    b.fail(2.5, "Failed: later");
    both.failed.push(2.5);
    expect(await poll(b.app)).toMatchObject({ found: 2, failing: {} });
    await expectAllOnce(both);
  });

  it("each time fails no invocation", async () => {
    const both = await pollers();
    both.overtake(moment, Number.POSITIVE_INFINITY);
    const outcome = await pollKind(both.b.app, "service-events", signal).catch((error: unknown) => error);
    expect(outcome).not.toBeInstanceOf(PollFailed);
    expect(outcome).toMatchObject([{ targets: 1, failing: 0, unreached: 1 }]);
  });
});

it("pollers that begin at once find everything, once", async () => {
  const both = await pollers();
  const { b, other } = both;
  for (let at = 1; at < 32; at++) {
    b.fail(1.5 + at / 64, `Failed: ${at}`);
    both.failed.push(1.5 + at / 64);
  }
  const third = await b.beside();
  const reports = await Promise.all([b.app, other, third].map(poll));
  expect(reports.reduce((sum, { found }) => sum + found, 0)).toBe(32);
  expect(reports.flatMap(({ failing }) => Object.values(failing)).every(({ kind }) => kind === "interrupted")).toBe(
    true,
  );
  await expectAllOnce(both);
});
