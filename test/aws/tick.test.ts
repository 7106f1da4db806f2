// A tick within a function's time: what is sent is recorded, what is not stays due, and sending
// begins before all is decided.
import { expect, it } from "vitest";
import { listDeliveries } from "../../lib/app/delivery/deliver.ts";
import { DELIVERIES, type DeliveryRow } from "../../lib/app/persistence/delivery-rows.ts";
import { pollSource } from "../../lib/app/polling/poll.ts";
import { tickSummary } from "../../lib/aws/tick.ts";
import type { Row, Store } from "../../lib/store/port.ts";
import { type Bench, bench } from "../app/support.ts";

const COUNT = 300;
const SWEEP = { timers: true, due: true };
const yaml = `
rules: [{ id: broken, when: { level: [error] }, severity: error, by: [id] }]
route: { channels: [ops], groupBy: ["..."] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;

/** Commits as small as DynamoDB's. */
const small = (store: Store): Store => ({ ...store, limits: { ...store.limits, items: 88 } });

/** So many alerts, each due to be notified by itself. */
async function stormy(wrapStore = small): Promise<Bench> {
  const b = await bench({ yaml, wrapStore });
  b.to(5);
  for (let at = 0; at < COUNT; at++) b.fail(1 + at / 1_000, `Failed ${at}`);
  await pollSource(b.app, b.app.config.sources[0]!, new AbortController().signal);
  // The ring at the end of the round is lost: the sweep finds them a minute later.
  b.to(6);
  expect(await b.store.due("group", b.app.clock.now(), 1_000)).not.toHaveLength(0);
  return b;
}

it("sends while groups are still to be decided", async () => {
  const b = await stormy();
  let undecided: Promise<Row[]> | undefined;
  b.answer(() => {
    undecided ??= b.store.due("group", b.app.clock.now(), 1_000);
    return { status: 200 };
  });
  const summary = await tickSummary(b.app, new AbortController().signal, SWEEP);
  expect((await undecided!).length).toBeGreaterThan(COUNT / 2);
  expect(summary).toMatchObject({ fired: 0, made: COUNT, tried: COUNT });
  expect((await listDeliveries(b.app)).filter(({ status }) => status === "delivered")).toHaveLength(COUNT);
});

it("claims what is sent at once in the commit that makes it", async () => {
  const puts = new Map<string, DeliveryRow[]>();
  const b = await stormy((store) => ({
    ...small(store),
    async commit(ops) {
      for (const op of ops) {
        if (op.op === "put" && op.pk === DELIVERIES)
          puts.set(op.sk, [...(puts.get(op.sk) ?? []), op.data as DeliveryRow]);
      }
      await store.commit(ops);
    },
  }));
  b.answer(() => ({ status: 200 }));
  await tickSummary(b.app, new AbortController().signal, SWEEP);
  const atOnce = [...puts.values()].filter(([first]) => first!.claim !== null);
  expect(atOnce.length).toBeGreaterThan(0);
  for (const rows of atOnce) expect(rows.map(({ status }) => status)).toEqual(["pending", "delivered"]);
});

it.each([1, 40, 200])(
  "records what was sent when its time is over after %i posts; the rest stays due",
  async (posts) => {
    const b = await stormy();
    const stop = new AbortController();
    b.answer((_message, number) => {
      if (number === posts) stop.abort();
      return { status: 200 };
    });
    await tickSummary(b.app, stop.signal, SWEEP);
    const limit = b.app.channels.get("ops")!.type.concurrency!;
    expect(b.messages.length).toBeGreaterThanOrEqual(posts);
    expect(b.messages.length).toBeLessThan(posts + 2 * limit);
    const rows = await listDeliveries(b.app);
    const sent = new Set(b.messages.map(({ id }) => id));
    expect(new Set(rows.filter(({ status }) => status === "delivered").map(({ id }) => id))).toEqual(sent);
    const due = await b.store.due<DeliveryRow>("delivery", b.app.clock.now(), 1_000);
    expect(due).toHaveLength(rows.length - sent.size);
    expect(due.every(({ data }) => data.claim === null && data.attempts === 0)).toBe(true);
    expect(await b.store.due("group", b.app.clock.now(), 1_000)).toHaveLength(COUNT - rows.length);

    b.answer(() => ({ status: 200 }));
    await tickSummary(b.app, new AbortController().signal, SWEEP);
    expect(b.messages).toHaveLength(COUNT);
    expect(new Set(b.messages.map(({ id }) => id)).size).toBe(COUNT);
  },
);
