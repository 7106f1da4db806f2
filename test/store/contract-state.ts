// What every store that outlives its process must do with the version of its state; part of the contract.
import { describe, expect, test } from "vitest";
import { STATE_VERSION } from "../../lib/store/ops.ts";
import { type Key, type Store, StoreError } from "../../lib/store/port.ts";
import type { Subject } from "./contract.ts";
import { put } from "./rows.ts";

/** The state behind the stores of a subject. */
export interface StateBehind {
  /** Marks it with a version, or takes the mark away. */
  mark(version: number | undefined): Promise<void>;
  /** The version it is marked with. */
  marked(): Promise<number | undefined>;
  /** What is stored as a small row's data, changed behind the store's back. */
  edit(key: Key, change: (stored: string) => string): Promise<void>;
  /** Opens one more store on it. */
  reopen(): Promise<Store>;
}

/** A store may look at the version only so often; ms. */
const NOTICED_WITHIN = 60_000;
const NEWER = new RegExp(
  `migrated by a newer Lookout \\(state version ${STATE_VERSION + 1}; this one knows ${STATE_VERSION}\\)`,
);

/** Part of `storeContract`. */
export function stateContract(subject: Subject & { state: StateBehind }): void {
  describe("the version of the state", () => {
    const failure = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (error: unknown) => error,
      );

    test("a new one is marked as of this build's version", async () => {
      expect(await subject.state.marked()).toBe(STATE_VERSION);
    });

    test.each([
      ["has no mark", undefined],
      ["is of version 0", 0],
    ])("one that %s is brought to this build's version and keeps its rows", async (_, version) => {
      await subject.store.commit([put("row", "kept")]);
      await subject.state.mark(version);
      const store = await subject.state.reopen();
      expect(await store.get({ pk: "p", sk: "row" })).toMatchObject({ version: 1, data: "kept" });
      await store.commit([put("row", "changed")]);
      expect(await subject.state.marked()).toBe(STATE_VERSION);
      await store.close();
    });

    test("several that open an older one at once all may use it", async () => {
      await subject.state.mark(0);
      const stores = await Promise.all(Array.from({ length: 4 }, () => subject.state.reopen()));
      for (const [n, store] of stores.entries()) await store.commit([put(`row ${n}`)]);
      expect(await subject.state.marked()).toBe(STATE_VERSION);
      expect(await subject.store.list("p")).toHaveLength(4);
      await Promise.all(stores.map((store) => store.close()));
    });

    test("one of a newer version is refused as such and left as it is", async () => {
      await subject.state.mark(STATE_VERSION + 1);
      const error = await failure(subject.state.reopen());
      expect(error).toBeInstanceOf(StoreError);
      expect((error as Error).message).toMatch(NEWER);
      expect(await subject.state.marked()).toBe(STATE_VERSION + 1);
    });

    test("one whose version is no whole number from 0 on is refused as damaged, not as newer", async () => {
      await subject.state.mark(-1);
      const error = await failure(subject.state.reopen());
      expect(error).toBeInstanceOf(StoreError);
      expect((error as Error).message).toMatch(/is damaged: its state version is "-1"/);
      expect((error as Error).message).not.toMatch(/newer/);
      expect(await subject.state.marked()).toBe(-1);
    });

    test("a store that is open refuses to commit once a newer Lookout has migrated the state", async () => {
      await subject.store.commit([put("row", "before")]);
      await subject.state.mark(STATE_VERSION + 1);
      subject.now += NOTICED_WITHIN;
      for (const ops of [[put("row", "after")], [put("row", "after"), put("other")]]) {
        const error = await failure(subject.store.commit(ops));
        expect(error).toBeInstanceOf(StoreError);
        expect((error as Error).message).toMatch(NEWER);
        expect((error as Error).message).toMatch(/must be replaced/);
      }
      expect((await subject.other.list("p")).map((row) => row.data)).toEqual(["before"]);
      expect(await subject.state.marked()).toBe(STATE_VERSION + 1);
      await subject.state.mark(STATE_VERSION);
      await subject.store.commit([put("row", "after")]);
    });
  });

  describe("a row that is not what was written", () => {
    const SEAL = 9;
    const edits: [sentence: string, edit: (stored: string) => string][] = [
      ["has one digit changed", (stored) => stored.replace("10", "11")],
      ["is cut off", (stored) => stored.slice(0, -SEAL - 1)],
      ["is another value", () => "{}#00000000"],
      ["has another checksum", (stored) => `${stored.slice(0, -8)}12345678`],
      ["is no JSON", () => "nonsense#00000000"],
    ];

    test.each(edits)("is marked as damaged where it %s, and hides no other", async (_, edit) => {
      const due = { queue: "timer" as const, due: 5 };
      await subject.store.commit([put("a", { n: 10 }, due), put("b", { n: 10 }, due)]);
      await subject.state.edit({ pk: "p", sk: "a" }, edit);
      const damaged = { sk: "a", version: 1, data: undefined, damaged: true };
      expect(await subject.store.get({ pk: "p", sk: "a" })).toMatchObject(damaged);
      for (const rows of [await subject.other.list("p"), await subject.other.due("timer", 10, 10)]) {
        expect(rows).toMatchObject([damaged, { sk: "b", data: { n: 10 } }]);
        expect(rows[1]).not.toHaveProperty("damaged");
      }
      await subject.store.commit([put("a", "anew", { expect: 1 })]);
      expect(await subject.store.get({ pk: "p", sk: "a" })).toMatchObject({ version: 2, data: "anew" });
    });

    test("is not taken for another's, however well that is preserved", async () => {
      await subject.store.commit([put("a", { n: 10 }), put("b", { n: 20 })]);
      let other = "";
      await subject.state.edit({ pk: "p", sk: "b" }, (stored) => {
        other = stored;
        return stored;
      });
      await subject.state.edit({ pk: "p", sk: "a" }, () => other);
      expect(await subject.store.get({ pk: "p", sk: "a" })).toMatchObject({ damaged: true });
      expect(await subject.store.get({ pk: "p", sk: "b" })).toMatchObject({ data: { n: 20 } });
    });
  });
}
