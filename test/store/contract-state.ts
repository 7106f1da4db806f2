// What every store that outlives its process must do with the version of its state; part of the contract.
import { describe, expect, test } from "vitest";
import { STATE_VERSION } from "../../lib/store/ops.ts";
import { type Store, StoreError } from "../../lib/store/port.ts";
import type { Subject } from "./contract.ts";
import { put } from "./rows.ts";

/** The state behind the stores of a subject. */
export interface StateBehind {
  /** Marks it with a version, or takes the mark away. */
  mark(version: number | undefined): Promise<void>;
  /** The version it is marked with. */
  marked(): Promise<number | undefined>;
  /** Opens one more store on it. */
  reopen(): Promise<Store>;
}

/** A store may look at the version only so often; ms. */
const NOTICED_WITHIN = 60_000;
const NEWER = /migrated by a newer Lookout \(state version 3; this one knows 2\)/;

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
}
