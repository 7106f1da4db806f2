// What is due is read in linear work, however much of it stays due; what comes meanwhile is found.
import { expect, it, onTestFinished } from "vitest";
import { drain } from "../../../lib/app/persistence/drain.ts";
import type { Store } from "../../../lib/store/port.ts";
import { openUnnamedStore } from "../../../lib/store/sqlite/unnamed.ts";

const clock = { now: () => 1_000, sleep: async () => {} };

async function filled(count: number, due: (at: number) => number): Promise<{ store: Store; read: () => number }> {
  const inner = openUnnamedStore(clock);
  onTestFinished(() => inner.close());
  for (let from = 0; from < count; from += 5_000) {
    await inner.commit(
      Array.from({ length: Math.min(5_000, count - from) }, (_, at) => {
        return { op: "put", pk: "p", sk: String(from + at), data: null, queue: "timer", due: due(from + at) };
      }),
    );
  }
  let rows = 0;
  const store: Store = {
    ...inner,
    async due<T>(...args: Parameters<Store["due"]>) {
      const found = await inner.due<T>(...args);
      rows += found.length;
      return found;
    },
  };
  return { store, read: () => rows };
}

it.each<[what: string, stays: (at: number) => boolean, due: (at: number) => number]>([
  ["of which every second stays due", (at) => at % 2 === 0, (at) => at % 997],
  ["which all stay due", () => true, (at) => at % 997],
  ["which all stay due, at the same moment", () => true, () => 7],
  ["of which none stays due, at the same moment", () => false, () => 7],
])("10,000 rows %s are read a few times at most, and each is given once", async (_what, stays, due) => {
  const { store, read } = await filled(10_000, due);
  const given = new Set<string>();
  for await (const rows of drain({ store, clock }, "timer")) {
    for (const { sk } of rows) given.add(sk);
    const done = rows.filter(({ sk }) => !stays(Number(sk)));
    await store.commit(done.map(({ pk, sk }) => ({ op: "delete", pk, sk })));
  }
  expect(given.size).toBe(10_000);
  expect(read()).toBeLessThan(40_000);
});

it("finds what the work itself makes due before what came last", async () => {
  const { store } = await filled(3, (at) => 10 + at);
  const given: string[] = [];
  for await (const rows of drain({ store, clock }, "timer")) {
    given.push(...rows.map(({ sk }) => sk));
    if (given.length === 3)
      await store.commit([{ op: "put", pk: "p", sk: "more", data: null, queue: "timer", due: 1 }]);
  }
  expect(given).toEqual(["0", "1", "2", "more"]);
});

it("ends where the signal aborts", async () => {
  const { store } = await filled(1_000, (at) => at);
  const stop = new AbortController();
  let batches = 0;
  for await (const _rows of drain({ store, clock }, "timer", stop.signal)) {
    batches++;
    stop.abort();
  }
  expect(batches).toBe(1);
});
