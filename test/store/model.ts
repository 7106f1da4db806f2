// A store as a Map, and random commits and reads that a real one must answer as it does.
import * as fc from "fast-check";
import { expect } from "vitest";
import type { Key, ListOptions, Op, Queue, Row, Store } from "../../lib/store/port.ts";
import { incompressible, START } from "./rows.ts";

const QUEUES: Queue[] = ["timer", "group", "delivery"];
const sk = fc.constantFrom("a", "a/1", "a/2", "b", "ü", "\uffff", "😀");
const key = fc.record({ pk: fc.constantFrom("p", "q"), sk });
/** Milliseconds after the start. */
const time = fc.integer({ min: 0, max: 20 });
const large = incompressible(400_000);
const data = fc.oneof({ arbitrary: fc.jsonValue(), weight: 9 }, fc.constant(large));

const opArbitrary = fc.record({
  key,
  op: fc.constantFrom("put", "put", "put", "delete", "check"),
  expectation: fc.constantFrom("none", "right", "right", "wrong"),
  data,
  queued: fc.option(fc.record({ queue: fc.constantFrom(...QUEUES), due: time }), { nil: undefined }),
  expires: fc.option(time, { nil: undefined, freq: 3 }),
});
type RandomOp = typeof opArbitrary extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  fc.record({
    commit: fc.uniqueArray(opArbitrary, { minLength: 1, maxLength: 4, selector: ({ key: k }) => k.pk + k.sk }),
  }),
  fc.record({ wait: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ due: fc.record({ queue: fc.constantFrom(...QUEUES), limit: fc.integer({ min: 1, max: 4 }) }) }),
  fc.record({
    list: fc.record(
      { prefix: fc.constantFrom("", "a", "a/", "😀"), after: sk, limit: fc.nat(3), reverse: fc.boolean() },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ purge: fc.constant(true) }),
);
export const steps = fc.array(step, { maxLength: 30 });
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The store, and the Map that says what must be in it. */
interface Pair {
  store: Store;
  rows: Map<string, Row>;
  now: number;
}

/** Takes the steps with the store and with the Map, and compares all that can be seen after each. */
export async function compare(open: (now: () => number) => Promise<Store>, taken: Step[]): Promise<void> {
  const pair = { rows: new Map<string, Row>(), now: START } as Pair;
  pair.store = await open(() => pair.now);
  const { store } = pair;
  for (const one of taken) {
    if ("commit" in one) await compareCommit(pair, one.commit);
    if ("wait" in one) pair.now += one.wait;
    if ("purge" in one) await store.purge(pair.now);
    if ("due" in one) await compareDue(pair, one.due.queue, one.due.limit);
    if ("list" in one) expect(await store.list("p", one.list)).toEqual(listing(sorted(live(pair)), one.list));
    for (const pk of ["p", "q"]) {
      expect(await store.list(pk)).toEqual(sorted(live(pair)).filter((row) => row.pk === pk));
    }
  }
  await store.close();
}

async function compareCommit(pair: Pair, random: RandomOp[]): Promise<void> {
  const { store, rows } = pair;
  const version = (k: Key) => live(pair).find((row) => row.pk === k.pk && row.sk === k.sk)?.version ?? 0;
  const ops = random.map((one) => toOp(one, version(one.key)));
  const conflicts = ops.filter((op) => op.expect !== undefined && op.expect !== version(op));
  const error = await store.commit(ops).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (conflicts.length > 0) {
    expect(error).toMatchObject({ name: "StoreConflict", keys: conflicts.map(({ pk, sk }) => ({ pk, sk })) });
    return;
  }
  expect(error).toBeNull();
  for (const op of ops) {
    if (op.op === "delete") rows.delete(id(op));
    if (op.op !== "put") continue;
    const { op: _, expect: __, ...row } = op;
    rows.set(id(op), { ...row, version: version(op) + 1, data: JSON.parse(JSON.stringify(op.data)) });
  }
}

async function compareDue(pair: Pair, queue: Queue, limit: number): Promise<void> {
  const found = live(pair).filter((row) => row.queue === queue && (row.due ?? 0) <= pair.now);
  const ordered = sorted(found).sort((a, b) => (a.due ?? 0) - (b.due ?? 0));
  const listed = await pair.store.due(queue, pair.now, limit);
  expect(listed.map((row) => row.due)).toEqual(ordered.slice(0, limit).map((row) => row.due));
  for (const row of listed) expect(ordered).toContainEqual(row);
  expect(new Set(listed.map(id)).size).toBe(listed.length);
}

function live({ rows, now }: Pair): Row[] {
  return [...rows.values()].filter((row) => (row.expires ?? Number.POSITIVE_INFINITY) > now);
}

function id(k: Key): string {
  return `${k.pk} ${k.sk}`;
}

function sorted(some: Row[]): Row[] {
  return some.sort((a, b) => Buffer.compare(Buffer.from(id(a)), Buffer.from(id(b))));
}

function toOp({ op, key: k, expectation, data: value, queued, expires }: RandomOp, live: number): Op {
  const expected = expectation === "wrong" ? live + 1 : live;
  if (op === "check") return { op, ...k, expect: expected };
  const more = expectation === "none" ? {} : { expect: expected };
  if (op === "delete") return { op, ...k, ...more };
  const due = queued === undefined ? {} : { queue: queued.queue, due: START + queued.due };
  return {
    op: "put",
    ...k,
    data: value,
    ...more,
    ...due,
    ...(expires === undefined ? {} : { expires: START + expires }),
  };
}

function listing(all: Row[], { prefix = "", after, limit, reverse = false }: Partial<ListOptions>): Row[] {
  const order = (row: Row) => Buffer.compare(Buffer.from(row.sk), Buffer.from(after ?? ""));
  const found = all.filter((row) => row.pk === "p" && row.sk.startsWith(prefix));
  const rest = found.filter((row) => after === undefined || (reverse ? order(row) < 0 : order(row) > 0));
  return (reverse ? rest.reverse() : rest).slice(0, limit);
}
