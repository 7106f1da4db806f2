// What exceeds one commit takes effect as a whole or not at all, whoever dies or is held up in the middle of it.
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { JOURNAL, settleJournal, writeJournal } from "../../../lib/app/persistence/journal.ts";
import { type Op, type Store, StoreConflict } from "../../../lib/store/port.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { folderWith } from "../../support/cli.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const CURSOR = { pk: "target/a", sk: "a" };
const isCursor = ({ pk }: Op) => pk === CURSOR.pk;

async function openStore(): Promise<Store> {
  const store = openSqliteStore({ path: join(await folderWith({}), "state.db"), now: () => NOW });
  onTestFinished(() => store.close());
  // Three ops fit into a commit, and so one into a part.
  return { ...store, limits: { ...store.limits, items: 3 } };
}

function puts(...names: string[]): Op[] {
  return names.map((sk) => ({ op: "put", pk: "row", sk, data: sk }));
}

async function rows(store: Store): Promise<string[]> {
  return (await store.list("row")).map(({ sk }) => sk);
}

/** The lock once the store is ready, in at most three tries. */
async function ready(store: Store, now: number): Promise<{ version: number } | undefined> {
  return (await settleJournal(store, now)) ?? (await settleJournal(store, now)) ?? settleJournal(store, now);
}

describe("the journal", () => {
  it("undoes nothing when someone who was held up applies it again after others have gone on", async () => {
    const store = await openStore();
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const slow: Store = {
      ...store,
      async get(key) {
        const row = await store.get<never>(key);
        if (key.sk.startsWith("part/")) {
          reached.resolve();
          await held.promise;
        }
        return row;
      },
    };
    const late = writeJournal(slow, { version: 0, generation: undefined }, puts("x", "y"), isCursor, NOW);
    await reached.promise;
    expect(await ready(store, NOW)).toBeDefined();
    expect(await rows(store)).toEqual(["x", "y"]);
    await store.commit([{ op: "delete", pk: "row", sk: "x" }]);
    held.resolve();
    await late;
    expect(await rows(store)).toEqual(["y"]);
    expect(await store.list(JOURNAL.pk)).toHaveLength(1);
  });

  it("is taken back from someone who died preparing it, and nothing of it is left", async () => {
    const store = await openStore();
    let left = 3;
    const dying: Store = {
      ...store,
      async commit(ops) {
        if (left-- === 0) throw new Error("died");
        await store.commit(ops);
      },
    };
    await expect(
      writeJournal(dying, { version: 0, generation: undefined }, puts("x", "y", "z"), isCursor, NOW),
    ).rejects.toThrow("died");
    expect(await store.list(JOURNAL.pk)).toHaveLength(3);
    expect(await ready(store, NOW + 9_000)).toBeUndefined();
    expect(await ready(store, NOW + 11_000)).toBeDefined();
    expect(await store.list(JOURNAL.pk)).toHaveLength(1);
    expect(await rows(store)).toEqual([]);
  });

  it("cannot be finished by someone from whom it was taken back", async () => {
    const store = await openStore();
    let first = true;
    const slow: Store = {
      ...store,
      async commit(ops) {
        const part = ops.some(({ sk }) => sk.startsWith("part/"));
        if (part && first) {
          first = false;
          expect(await ready(store, NOW + 11_000)).toBeDefined();
        }
        await store.commit(ops);
      },
    };
    await expect(
      writeJournal(slow, { version: 0, generation: undefined }, puts("x", "y", "z"), isCursor, NOW),
    ).rejects.toThrow(StoreConflict);
    expect(await store.list(JOURNAL.pk)).toHaveLength(1);
    expect(await rows(store)).toEqual([]);
  });

  it("gives way at once where a cursor that goes with it was moved", async () => {
    const store = await openStore();
    await store.commit([{ op: "put", ...CURSOR, data: 1 }]);
    const ops: Op[] = [...puts("x", "y", "z"), { op: "put", ...CURSOR, data: 2, expect: 0 }];
    await expect(writeJournal(store, { version: 0, generation: undefined }, ops, isCursor, NOW)).rejects.toThrow(
      StoreConflict,
    );
    expect(await settleJournal(store, NOW)).toBeDefined();
    expect(await rows(store)).toEqual([]);
  });
});
