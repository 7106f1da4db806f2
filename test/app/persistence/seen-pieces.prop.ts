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

/** What comes, changes and is forgotten between two commits, the oldest first. */
interface Step {
  more: number;
  changed: number;
  forgotten: number;
}

function take(marks: Map<number, Mark>, { more, changed, forgotten }: Step): void {
  const next = (marks.size === 0 ? 0 : [...marks.keys()].at(-1)!) + 1;
  for (let n = next; n < next + more; n++) marks.set(n, mark(n));
  for (const n of [...marks.keys()].slice(0, changed)) marks.set(n, mark(n, 2));
  for (const n of [...marks.keys()].slice(0, forgotten)) marks.delete(n);
}

test("whatever is seen, changed and forgotten comes back as it was", async () => {
  const number = (max: number) => fc.integer({ min: 0, max });
  const step = fc.record({ more: number(400), changed: number(50), forgotten: number(300) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.boolean(), async (steps, rereads) => {
      const b = open();
      const marks = new Map<number, Mark>();
      for (const [at, one] of steps.entries()) {
        take(marks, one);
        await b.write(marks.values());
        if (!rereads && at < steps.length - 1) continue;
        const read = await b.read();
        expect([...marks.values()].map(({ fp }) => read.get(fp))).toEqual([...marks.values()]);
        // What was forgotten may come back with what lies in the same piece, and with nothing else.
        expect(read.size).toBeLessThanOrEqual(marks.size + 2_500);
      }
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
