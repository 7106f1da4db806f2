// What every store must do when it lists: order, limits, what is due and what has expired.
import { describe, expect, test } from "vitest";
import type { Row, Store } from "../../lib/store/port.ts";
import type { Subject } from "./contract.ts";
import { incompressible, key, put } from "./rows.ts";

/** Part of `storeContract`. */
export function readContract(subject: Subject): void {
  const listed = async (...args: Parameters<Store["list"]>) => (await subject.store.list(...args)).map((row) => row.sk);
  const dueNow = async (limit = 100) => (await subject.store.due("timer", subject.now, limit)).map((row) => row.sk);

  describe("list", () => {
    const names = [
      "a",
      "a/",
      "a/1",
      "a/2",
      "a0",
      "b",
      "z",
      "ä",
      "\ud7ff",
      "\ue000",
      "\uffff",
      "😀",
      "😀/1",
      "\u{10ffff}",
    ];

    test("goes by the UTF-8 bytes of sk, both ways, and sees no other partition", async () => {
      await subject.store.commit([...names].reverse().map((name) => put(name)));
      await subject.store.commit([put("a", 1, { pk: "p2" }), put("a", 1, { pk: "P" })]);
      expect(await listed("p")).toEqual(names);
      expect(await listed("p", { reverse: true })).toEqual([...names].reverse());
      expect(await listed("nobody")).toEqual([]);
    });

    const options = [
      { prefix: "a" },
      { prefix: "a/" },
      { prefix: "\ud7ff" },
      { prefix: "😀" },
      { prefix: "\u{10ffff}" },
      { prefix: "" },
      { limit: 3 },
      { limit: 0 },
      { after: "a/1" },
      { after: "not there" },
      { after: "" },
      { after: "\u{10ffff}" },
      { prefix: "a/", after: "a/1" },
      { prefix: "a/", after: "a" },
      { prefix: "a/", after: "b" },
      { prefix: "😀", after: "ä", limit: 1 },
    ];
    test.each(options.flatMap((option) => [option, { ...option, reverse: true }]))("with %j", async (option) => {
      await subject.store.commit(names.map((name) => put(name)));
      const {
        prefix = "",
        after,
        limit,
        reverse,
      } = option as { prefix?: string; after?: string; limit?: number; reverse?: boolean };
      const ordered = reverse ? [...names].reverse() : names;
      const order = (name: string) => Buffer.compare(Buffer.from(name), Buffer.from(after ?? ""));
      const found = ordered.filter(
        (name) => name.startsWith(prefix) && (after === undefined || (reverse ? order(name) < 0 : order(name) > 0)),
      );
      expect(await listed("p", option)).toEqual(found.slice(0, limit));
    });

    test("a partition of several megabytes comes whole", async () => {
      const data = incompressible(200_000);
      for (let n = 0; n < 3; n++)
        await subject.store.commit(Array.from({ length: 10 }, (_, m) => put(`${n}/${m}`, data)));
      expect(await listed("p")).toHaveLength(30);
    });
  });

  test("all rows are given once, large ones whole, without those that have expired", async () => {
    const large = incompressible(800_000);
    const names = Array.from({ length: 120 }, (_, n) => `row ${n}`);
    for (let from = 0; from < names.length; from += 60)
      await subject.store.commit(names.slice(from, from + 60).map((sk) => put(sk, sk, { pk: `p${sk.length}` })));
    await subject.store.commit([
      put("large", large, { queue: "timer", due: 7 }),
      put("x", 1, { expires: subject.now }),
    ]);
    const found: Row[] = [];
    for await (const rows of subject.other.all()) found.push(...rows);
    expect(found.map(({ sk }) => sk).sort()).toEqual([...names, "large"].sort());
    const row = { ...key("large"), version: 1, data: large, queue: "timer", due: 7 };
    expect(found.find(({ sk }) => sk === "large")).toEqual(row);
  });

  describe("due", () => {
    test("lists what is due, earliest first, up to the limit, and no other queue", async () => {
      const due = { c: 3, a: 1, b: 2, later: 1_000 };
      for (const [sk, at] of Object.entries(due))
        await subject.store.commit([put(sk, sk, { queue: "timer", due: subject.now - 10 + at })]);
      await subject.store.commit([put("other", 1, { queue: "group", due: 1 }), put("none")]);
      expect(await dueNow()).toEqual(["a", "b", "c"]);
      expect(await dueNow(2)).toEqual(["a", "b"]);
      expect(await dueNow(0)).toEqual([]);
      subject.now += 2_000;
      expect(await dueNow()).toEqual(["a", "b", "c", "later"]);
    });

    test("begins where it is told to, so that what is due is read page by page", async () => {
      for (const [sk, due] of Object.entries({ a: 1, b: 2, c: 2, d: 3, e: 9 }))
        await subject.store.commit([put(sk, sk, { queue: "timer", due })]);
      const from = async (due: number, limit = 9) =>
        (await subject.store.due("timer", 3, limit, due)).map((row) => row.sk);
      expect(await from(2)).toEqual(["b", "c", "d"]);
      expect(await from(2, 1)).toHaveLength(1);
      expect(await from(4)).toEqual([]);
    });

    test("a row written without a due time, moved, deleted or expired leaves the queue", async () => {
      await subject.store.commit(["a", "b", "c", "d", "e"].map((sk) => put(sk, sk, { queue: "timer", due: 1 })));
      await subject.store.commit([
        put("a"),
        put("b", 1, { queue: "timer", due: subject.now + 1 }),
        put("c", 1, { queue: "group", due: 1 }),
        { op: "delete", ...key("d") },
        put("e", 1, { queue: "timer", due: 1, expires: subject.now }),
      ]);
      expect(await dueNow()).toEqual([]);
      subject.now += 1;
      expect(await dueNow()).toEqual(["b"]);
    });
  });

  describe("expiry", () => {
    test("a row is there until the millisecond it expires, for every read", async () => {
      await subject.store.commit([put("row", 1, { queue: "timer", due: 1, expires: subject.now + 1 })]);
      expect(await Promise.all([subject.store.get(key("row")), listed("p"), dueNow()])).toMatchObject([
        { version: 1 },
        ["row"],
        ["row"],
      ]);
      subject.now += 1;
      const reads = await Promise.all([
        subject.store.get(key("row")),
        subject.store.getMany([key("row")]),
        listed("p"),
        dueNow(),
      ]);
      expect(reads).toEqual([undefined, [], [], []]);
    });

    test("a row written again without an expiry stays", async () => {
      await subject.store.commit([put("row", 1, { expires: subject.now + 1 })]);
      await subject.store.commit([put("row", 2)]);
      subject.now += 10;
      expect(await subject.store.get(key("row"))).toEqual({ ...key("row"), version: 2, data: 2 });
    });

    test("limits count live rows only", async () => {
      await subject.store.commit([
        put("a", 1, { expires: subject.now }),
        put("b", 1, { expires: subject.now }),
        put("c"),
        put("d"),
      ]);
      expect(await listed("p", { limit: 1 })).toEqual(["c"]);
    });
  });
}
