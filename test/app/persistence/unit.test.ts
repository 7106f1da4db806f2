// A unit of work beside other processes that write the same rows: what it commits follows from one version of each.
import { expect, it } from "vitest";
import { createTransact, type Transact } from "../../../lib/app/persistence/unit.ts";
import { openReplayStore } from "../../../lib/app/replay/replay-store.ts";
import type { Key, ListOptions, Store } from "../../../lib/store/port.ts";

const ROW: Key = { pk: "p", sk: "row" };
const NEW: Key = { pk: "p", sk: "new" };

/** Another process writes right before the first list of the unit, or right behind it. */
async function beside(when: "before" | "behind", write: (store: Store) => Promise<void>) {
  const store = openReplayStore(() => 0);
  await store.commit([{ op: "put", ...ROW, data: 1 }]);
  let left = 1;
  async function list<T>(pk: string, options?: ListOptions) {
    if (when === "before" && left-- > 0) await write(store);
    const rows = await store.list<T>(pk, options);
    if (when === "behind" && left-- > 0) await write(store);
    return rows;
  }
  const clock = { now: () => 0, async sleep() {} };
  const transact: Transact = createTransact({ store: { ...store, list }, clock, random: () => 0 }, () => undefined);
  const values = async () => (await store.list<number>("p")).map(({ sk, data }) => [sk, data]);
  return { transact, values };
}

it("begins anew where a list shows a row otherwise than it was loaded", async () => {
  const { transact, values } = await beside("before", (store) => store.commit([{ op: "put", ...ROW, data: 10 }]));
  await transact(async (unit) => {
    await unit.load([ROW]);
    const before = unit.value<number>(ROW)!;
    await unit.list("p");
    unit.put(ROW, before + 1);
  });
  expect(await values()).toEqual([["row", 11]]);
});

it("begins anew where a list shows no more what was loaded, or what was not there", async () => {
  for (const write of [
    (store: Store) => store.commit([{ op: "delete", ...ROW }]),
    (store: Store) => store.commit([{ op: "put", ...NEW, data: 1 }]),
  ]) {
    const { transact } = await beside("before", write);
    await transact(async (unit) => {
      await unit.load([ROW, NEW]);
      const sum = (unit.value<number>(ROW) ?? 0) + (unit.value<number>(NEW) ?? 0);
      const rows = await unit.list<number>("p");
      expect(sum).toBe(rows.reduce((all, { data }) => all + data, 0));
    });
  }
});

it("takes a row as absent that a list has not shown, and finds out at its commit", async () => {
  const { transact, values } = await beside("behind", (store) => store.commit([{ op: "put", ...NEW, data: 10 }]));
  await transact(async (unit) => {
    const rows = await unit.list<number>("p");
    await unit.load([NEW]);
    expect(unit.value(NEW)).toBe(rows.find(({ sk }) => sk === NEW.sk)?.data);
    unit.put(NEW, (unit.value<number>(NEW) ?? 0) + 1);
  });
  expect(await values()).toEqual([
    ["new", 11],
    ["row", 1],
  ]);
});
