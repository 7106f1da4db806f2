// A seen-set in pieces: whatever is seen and forgotten, it comes back as it was, and what one more event costs does not
// grow with what was seen before.
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { TargetRow } from "../../../lib/app/persistence/rows.ts";
import { loadPieces, type Piece, putTargetRow, withPieces } from "../../../lib/app/persistence/seen-pieces.ts";
import { createTransact } from "../../../lib/app/persistence/unit.ts";
import type { Mark } from "../../../lib/sources/port.ts";
import { decodeMarks, encodeMarks, fingerprint } from "../../../lib/sources/reading/marks.ts";
import type { Op, Store } from "../../../lib/store/port.ts";
import { openUnnamedStore } from "../../../lib/store/sqlite/unnamed.ts";

const KEY = { pk: "target/service-events/p", sk: "svc" };
const clock = { now: () => 0, sleep: async () => {} };

interface Bench {
  /** Commits the marks as the target's whole seen-set. */
  write(marks: Iterable<Mark>): Promise<void>;
  read(): Promise<Map<string, Mark>>;
  /** DynamoDB's write units of the last commit: 2 for each started kB of an item in a transaction. */
  units(): number;
}

function open(): Bench {
  const inner = openUnnamedStore({ now: clock.now });
  onTestFinished(() => inner.close());
  let last: readonly Op[] = [];
  const store: Store = {
    ...inner,
    async commit(ops) {
      last = ops;
      await inner.commit(ops);
    },
  };
  const transact = createTransact({ store, clock, random: () => 0 }, () => undefined);
  let pieces: readonly Piece[] = [];
  return {
    async write(marks) {
      const cursor = { v: 1 as const, floor: 0, from: 0, readTo: 0, seen: encodeMarks(marks) };
      pieces = await transact(async (unit) => {
        await unit.load([KEY]);
        return putTargetRow(unit, KEY, { cursor, ledgers: {} }, pieces);
      });
    },
    async read() {
      const row = (await store.get<TargetRow>(KEY))!.data;
      pieces = (await loadPieces({ store }, KEY, row))!;
      return decodeMarks(withPieces(row, pieces).cursor.seen);
    },
    units: () => last.reduce((sum, op) => sum + 2 * Math.ceil((op.op === "put" ? sizeOf(op.data) : 1) / 1_024), 0),
  };
}

function sizeOf(data: unknown): number {
  return JSON.stringify(data).length + 150;
}

function mark(n: number, v = 1): Mark {
  return { fp: fingerprint([n]), t: 1_000 * n, v };
}

test("whatever is seen, changed and forgotten comes back as it was", async () => {
  const steps = fc.array(
    fc.record({ more: fc.integer({ min: 0, max: 400 }), changed: fc.nat(50), forgotten: fc.nat(300) }),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (all, rereads) => {
      const b = open();
      let [first, next] = [0, 0];
      const marks = new Map<number, Mark>();
      for (const { more, changed, forgotten } of all) {
        for (const end = next + more; next < end; next++) marks.set(next, mark(next));
        for (let n = first; n < Math.min(next, first + changed); n++) marks.set(n, mark(n, 2));
        for (const end = Math.min(next, first + forgotten); first < end; first++) marks.delete(first);
        await b.write(marks.values());
        if (!rereads) continue;
        const read = await b.read();
        for (const one of marks.values()) expect(read.get(one.fp)).toEqual(one);
      }
      if (all.length === 0) return;
      const read = await b.read();
      for (const one of marks.values()) expect(read.get(one.fp)).toEqual(one);
      // What was forgotten may come back with what lies in the same piece, and with nothing else.
      expect(read.size).toBeLessThanOrEqual(marks.size + 2_500);
    }),
    { numRuns: 60 },
  );
});

test("one more event beside 10,000 costs less than 10 write units on average, as one beside none does", async () => {
  const b = open();
  const marks = Array.from({ length: 10_000 }, (_, n) => mark(n));
  await b.write(marks);
  let units = 0;
  for (let n = 10_000; n < 10_120; n++) {
    marks.push(mark(n));
    await b.write(marks);
    units += b.units();
  }
  // The row, the pieces, and the check of the generation; the event's own row comes on top with 2.
  expect(units / 120).toBeLessThan(8);
});
