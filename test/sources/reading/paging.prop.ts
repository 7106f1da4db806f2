// Paging by an offset nobody explains: whatever it counts, however pages are cut and totals are wrong, every row once.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAll, readList } from "../../../lib/sources/reading/paging.ts";

const LIMIT = 20;

interface Server {
  offset: "record" | "page" | "ignored" | "clamped";
  cap: number;
  total: (all: number, page: number) => number | undefined;
}

function ask(rows: unknown[], { offset, cap, total }: Server) {
  const size = Math.min(cap, LIMIT);
  return async (at: number) => {
    const last = Math.max(0, Math.ceil(rows.length / size) - 1);
    const first = { record: at, page: at * size, ignored: 0, clamped: Math.min(at, last) * size }[offset];
    const page = rows.slice(first, first + size);
    return { rows: page, total: total(rows.length, page.length) };
  };
}

const numbers = (length: number) => Array.from({ length }, (_, i) => i);
const totals = fc.oneof(
  fc.constant((all: number) => all),
  fc.constant((all: number) => all + 1),
  fc.integer({ min: 2, max: 1_000 }).map((more) => (all: number) => all + more),
  fc.constant((_: number, page: number) => page),
  fc.constant(() => undefined),
);

test("different rows: whatever the offset counts and the total says", async () => {
  const servers = fc.record({ offset: fc.constantFrom("record", "page", "clamped"), total: totals } as const);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 90 }), servers, async (length, server) => {
      const list = await readList(ask(numbers(length), { ...server, cap: LIMIT }), LIMIT);
      // Where the last page is shown again for a next one, and is full, nobody can tell that it is the last.
      if (server.offset !== "clamped" || length % LIMIT !== 0) expect(list.broken).toBeUndefined();
      expect(list.rows).toEqual(numbers(length));
    }),
    { numRuns: 150 },
  );
});

test("different rows on pages that the server cuts short, which the total gives away", async () => {
  const servers = fc.record({
    offset: fc.constantFrom("record", "page"),
    cap: fc.integer({ min: 1, max: 12 }),
    more: fc.constantFrom(0, 0, 100, 1_000),
  } as const);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 90 }), servers, async (length, { more, ...server }) => {
      const rows = await readAll(ask(numbers(length), { ...server, total: (all) => all + more }), LIMIT);
      expect(rows).toEqual(numbers(length));
    }),
    { numRuns: 150 },
  );
});

test("rows that are equal in every field, where the total is right", async () => {
  const rows = fc.array(fc.constantFrom("a", "a", "a", "b"), { maxLength: 60 });
  const servers = fc.record({
    offset: fc.constantFrom("record", "page"),
    cap: fc.integer({ min: 3, max: 8 }),
  } as const);
  await fc.assert(
    fc.asyncProperty(rows, servers, async (list, server) => {
      expect(await readAll(ask(list, { ...server, total: (all) => all }), LIMIT)).toEqual(list);
    }),
    { numRuns: 150 },
  );
});

describe("an offset that is not looked at", () => {
  test.each([
    ["a page that is not full is the list, whatever its total", 9, 20],
    ["a full page that its total confirms is the list", LIMIT, LIMIT],
  ])("%s", async (_, length, total) => {
    const list = await readList(ask(numbers(length), { offset: "ignored", cap: LIMIT, total: () => total }), LIMIT);
    expect(list).toEqual({ rows: numbers(length) });
  });

  test.each([
    ["a full page may not be all of it", 45],
    ["a full page without a total neither", undefined],
  ])("%s", async (_, total) => {
    const server = ask(numbers(45), { offset: "ignored", cap: LIMIT, total: () => total });
    const list = await readList(server, LIMIT);
    expect(list.rows).toEqual(numbers(LIMIT));
    expect(list.broken).toMatchObject({ kind: "paging" });
    await expect(readAll(server, LIMIT)).rejects.toMatchObject({ kind: "paging" });
  });
});

test("a list that changes while it is read is read anew", async () => {
  let rows = numbers(70);
  let asked = 0;
  const list = await readList(async (at) => {
    if (++asked === 4) rows = [-1, ...rows];
    return ask(rows, { offset: "page", cap: LIMIT, total: (all) => all })(at);
  }, LIMIT);
  expect(list.rows).toEqual([-1, ...numbers(70)]);
});

test("a list without an end is cut, and says so", async () => {
  const list = await readList(
    async (at) => ({ rows: Array.from({ length: 5_000 }, (_, i) => at + i), total: undefined }),
    5_000,
  );
  expect(list.broken).toMatchObject({ kind: "endless" });
});
