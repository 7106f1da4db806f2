// What every store must do, whatever is behind it: run by the test file of each adapter.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Op, type Store, StoreConflict, StoreError } from "../../lib/store/port.ts";
import { readContract } from "./contract-reads.ts";
import { type StateBehind, stateContract } from "./contract-state.ts";
import { incompressible, key, put, START } from "./rows.ts";

/** Two stores on the same fresh state, as two processes would have them; `now` is what their clocks say. */
export interface Subject {
  store: Store;
  other: Store;
  now: number;
}
export interface Opened {
  stores: [Store, Store];
  clean(): Promise<void>;
}
export type OpenTwo<Two extends Opened> = (now: () => number) => Promise<Two>;

/** Every op with every expectation, of which a row's version meets one at most. */
const EXPECTATIONS: [op: Op["op"], wanted: number | undefined][] = (["put", "delete", "check"] as const).flatMap((op) =>
  (op === "check" ? [0, 1, 2, 3] : [undefined, 0, 1, 2, 3]).map((wanted): [Op["op"], number | undefined] => [
    op,
    wanted,
  ]),
);

/** For a store that outlives its process. */
export function lastingStoreContract(open: OpenTwo<Opened & { state: StateBehind }>): void {
  stateContract(storeContract(open));
}

/** Gives the two stores and what else was opened with them, anew for each test. */
export function storeContract<Two extends Opened>(open: OpenTwo<Two>): Subject & Two {
  const subject = {} as Subject & Two;
  let store: Store;
  let other: Store;
  let clean: () => Promise<void>;

  beforeEach(async () => {
    subject.now = START;
    const opened = await open(() => subject.now);
    [store, other] = opened.stores;
    Object.assign(subject, opened, { store, other });
    clean = opened.clean;
  });
  afterEach(async () => {
    await store.close();
    await other.close();
    await clean();
  });

  const failure = (ops: Op[]) =>
    store.commit(ops).then(
      () => undefined,
      (error: unknown) => error,
    );

  describe("versions and expectations", () => {
    const states = {
      absent: { ops: [], live: 0 },
      "at version 2": { ops: [put("row", "old"), put("row", "older")], live: 2 },
      "expired at version 1": { ops: [put("row", "gone", { expires: START - 1 })], live: 0 },
      "large, at version 1": { ops: [put("row", incompressible(800_000))], live: 1 },
      "large and expired": { ops: [put("row", incompressible(800_000), { expires: START - 1 })], live: 0 },
    };
    for (const [name, { ops, live }] of Object.entries(states)) {
      for (const company of ["alone", "with another row"]) {
        test(`a row that is ${name} takes an op exactly when its expectation holds, ${company}`, async () => {
          for (const [op, wanted] of EXPECTATIONS) {
            await store.commit([
              { op: "delete", ...key("row") },
              { op: "delete", ...key("company") },
            ]);
            for (const before of ops) await store.commit([before]);
            await expectTaken(op, wanted, live, company === "alone");
          }
        });
      }
    }

    /** Tries the op on a row whose version is `live`, 0 where there is none, and looks at what came of it. */
    async function expectTaken(op: Op["op"], wanted: number | undefined, live: number, alone: boolean): Promise<void> {
      const tried = { op, ...key("row"), data: "new", ...(wanted === undefined ? {} : { expect: wanted }) } as Op;
      const error = await failure(alone ? [tried] : [put("company"), tried]);
      const holds = wanted === undefined || wanted === live;
      const what = `${op} with expect ${wanted}`;
      if (holds) expect(error, what).toBeUndefined();
      else expect(error, what).toMatchObject({ name: "StoreConflict", keys: [key("row")] });
      const after = { put: live + 1, delete: 0, check: live };
      expect((await store.get(key("row")))?.version ?? 0, what).toBe(holds ? after[op] : live);
      if (holds && op === "put") expect(await store.get(key("row"))).toMatchObject({ data: "new" });
      if (!alone) expect((await store.get(key("company"))) !== undefined, what).toBe(holds);
    }

    test("a commit that fails leaves nothing behind and names every row that was in its way", async () => {
      await store.commit([put("a", 1), put("b", 1), put("c", 1)]);
      const ops: Op[] = [
        put("a", 2),
        put("b", 2, { expect: 7 }),
        { op: "delete", ...key("c") },
        { op: "check", ...key("d"), expect: 1 },
        put("e", 2, { expect: 0 }),
      ];
      const error = (await failure(ops)) as StoreConflict;
      expect(error).toBeInstanceOf(StoreConflict);
      expect(error.keys).toEqual([key("b"), key("d")]);
      const rows = await store.list("p");
      expect(rows.map((row) => [row.sk, row.version, row.data])).toEqual([
        ["a", 1, 1],
        ["b", 1, 1],
        ["c", 1, 1],
      ]);
    });

    test("of many writers that read the same version, exactly one wins", async () => {
      await store.commit([put("row", "start"), put("b")]);
      for (const alone of [true, false]) {
        const { version } = (await store.get(key("row"))) ?? { version: 0 };
        const results = await Promise.allSettled(
          Array.from({ length: 8 }, (_, n) => {
            const op = put("row", n, { expect: version });
            return (n % 2 ? store : other).commit(alone ? [op] : [op, { op: "check", ...key("b"), expect: 1 }]);
          }),
        );
        const lost = results.filter((result) => result.status === "rejected");
        expect(lost.map((result) => result.reason.name)).toEqual(Array(7).fill("StoreConflict"));
        expect((await other.get(key("row")))?.version).toBe(version + 1);
      }
    });

    test("what one store committed the other reads at once", async () => {
      for (let n = 1; n <= 5; n++) {
        await store.commit([put("row", n)]);
        expect(await other.get(key("row"))).toEqual({ ...key("row"), version: n, data: n });
      }
    });
  });

  describe("what is refused before anything is written", () => {
    const refused: [string, () => Op[]][] = [
      ["a key that stands twice", () => [put("a"), { op: "delete", ...key("a") }]],
      ["an empty sk", () => [put("")]],
      ["an sk of more than 1,024 bytes", () => [put("ä".repeat(513))]],
      ["half a surrogate pair in a key", () => [put("a\ud800")]],
      ["NUL in a partition", () => [put("a", 1, { pk: "a\u0000b" })]],
      ["data that are no JSON value", () => [{ op: "put", ...key("a"), data: undefined }]],
      ["a queue without a due time", () => [put("a", 1, { queue: "timer" })]],
      ["a due time that is no whole number", () => [put("a", 1, { queue: "timer", due: 1.5 })]],
      ["a negative expectation", () => [put("a", 1, { expect: -1 })]],
      ["more items than a commit holds", () => Array.from({ length: store.limits.items + 1 }, (_, n) => put(`k${n}`))],
      ["more bytes than a commit holds", () => [put("a", incompressible(store.limits.bytes * 1.1))]],
    ];
    test.each(refused)("%s", async (_, ops) => {
      const error = await failure([put("company"), ...ops()]);
      expect(error).toBeInstanceOf(StoreError);
      expect(await store.list("p")).toEqual([]);
    });
  });

  describe("rows come back as they went", () => {
    const odd: [string, unknown][] = [
      ["null", null],
      ["text with NUL, emoji and half surrogate pairs", "a\u0000b 👩‍🚀 \ud800 \udfff ü"],
      ["keys that mean something to JavaScript", JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "": 3}')],
      ["deep nesting", JSON.parse("[".repeat(500) + "]".repeat(500))],
      ["numbers at the edges", [0, -1.5e-300, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER]],
      ["3 KB of text that is not ASCII", "漢".repeat(1_000)],
      ["1 MB that does not compress", incompressible(1_000_000)],
      [
        "2 MB that does",
        Array.from({ length: 20_000 }, (_, n) => ({ n, message: "Failed to pull image, retry later" })),
      ],
    ];
    test.each(odd)("%s", async (_, data) => {
      await store.commit([put("row", data, { queue: "group", due: START, expires: START + 5 }), put("next")]);
      const row = { ...key("row"), version: 1, data, queue: "group", due: START, expires: START + 5 };
      expect(await store.get(key("row"))).toEqual(row);
      expect(await other.getMany([key("row")])).toEqual([row]);
      expect(await store.due("group", START, 5)).toEqual([row]);
      expect((await store.list("p"))[1]).toEqual(row);
    });

    test("keys of the greatest length, with NUL in sk and anything else", async () => {
      const keys = [key("s".repeat(1_024), "p".repeat(1_023)), key("a\u0000b👩‍🚀/#\n "), key("0", "p/a")];
      await store.commit(keys.map((one) => ({ op: "put", ...one, data: incompressible(360_000) })));
      for (const one of keys) expect(await store.get(one)).toMatchObject({ ...one, version: 1 });
      await store.commit(keys.map((one) => ({ op: "delete", ...one, expect: 1 })));
      expect(await store.getMany(keys)).toEqual([]);
    });

    test("250 keys at once, in any order, absent and repeated ones among them", async () => {
      const names = Array.from({ length: 250 }, (_, n) => `k${n}`);
      for (let n = 0; n < 250; n += 50) await store.commit(names.slice(n, n + 50).map((name) => put(name)));
      const rows = await store.getMany([...names, ...names, "x", "y"].map((name) => key(name)));
      expect(rows.map((row) => row.data).sort()).toEqual(names.sort());
      expect(await store.getMany([])).toEqual([]);
    });

    test("a large row is read whole while another store replaces it", async () => {
      const versions = Array.from({ length: 6 }, () => incompressible(1_000_000));
      await store.commit([put("row", versions[0])]);
      let writing = true;
      const writer = (async () => {
        for (const data of versions) await other.commit([put("row", data), put("small")]);
        writing = false;
      })();
      while (writing) expect(versions).toContain((await store.get(key("row")))?.data);
      await writer;
    });

    test("a large row that became small, and one that was deleted, are so everywhere", async () => {
      await store.commit([put("a", incompressible(1_500_000)), put("b", incompressible(800_000))]);
      await store.commit([put("a", incompressible(400_000), { expect: 1 }), put("c")]);
      await store.commit([put("a", "small", { expect: 2 }), { op: "delete", ...key("b"), expect: 1 }]);
      expect((await store.list("p")).map((row) => row.data)).toEqual(["small", "c"]);
    });
  });

  readContract(subject);

  test("a commit of as many rows as the limit says is taken, and an empty one", async () => {
    await store.commit(Array.from({ length: store.limits.items }, (_, n) => put(`k${n}`)));
    await store.commit([]);
    expect(await store.list("p")).toHaveLength(store.limits.items);
  });

  return subject;
}
