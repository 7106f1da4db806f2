// The store as the application has it: a damaged row is reported once, fails what needs it, and hides nothing else.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { guardStore } from "../../../lib/app/persistence/guarded-store.ts";
import { RowDamaged } from "../../../lib/store/port.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { put, START } from "../../store/rows.ts";
import { folderWith } from "../../support/cli.ts";

/** Rows 0 to 9, due in that order; these are damaged. */
async function withDamage(broken: readonly number[]) {
  const path = join(await folderWith({}), "state.db");
  const raw = openSqliteStore({ path, now: () => START });
  onTestFinished(() => raw.close());
  await raw.commit(Array.from({ length: 10 }, (_, n) => put(`${n}`, n, { queue: "timer", due: n })));
  const db = new DatabaseSync(path);
  for (const n of broken) db.prepare("UPDATE rows SET data = '1' WHERE sk = ?").run(`${n}`);
  db.close();
  const reported: string[] = [];
  const guard = guardStore(raw, { now: () => START, report: ({ message }) => reported.push(message) });
  return { raw, guard, reported, store: guard.store };
}

test("what needs the row fails and names it; the report comes once", async () => {
  const { guard, store, reported } = await withDamage([3]);
  for (const work of [
    () => store.get({ pk: "p", sk: "3" }),
    () => store.getMany([1, 3].map((n) => ({ pk: "p", sk: `${n}` }))),
    () => store.list("p", { whole: true }),
  ]) {
    await expect(work()).rejects.toThrow(RowDamaged);
    await expect(work()).rejects.toThrow(/^row p 3 of the state is damaged: .* remove the row/);
  }
  expect(reported).toHaveLength(1);
  expect(guard.damaged()).toEqual([{ pk: "p", sk: "3" }]);
});

test("of several that are needed at once each is named", async () => {
  const { guard, store } = await withDamage([3, 5]);
  const keys = [1, 3, 5].map((n) => ({ pk: "p", sk: `${n}` }));
  await expect(store.getMany(keys)).rejects.toThrow(RowDamaged);
  expect(guard.damaged().map(({ sk }) => sk)).toEqual(["3", "5"]);
});

test.each([
  ["the first", [0]],
  ["a whole page", [0, 1, 2]],
  ["every other", [0, 2, 4, 6, 8]],
  ["all", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
])("lists leave it out, and give as many as were asked for behind it: %s", async (_, broken) => {
  const { store, guard } = await withDamage(broken);
  const sound = Array.from({ length: 10 }, (_, n) => n).filter((n) => !broken.includes(n));
  const values = (rows: { data: unknown }[]) => rows.map(({ data }) => data);
  expect(values(await store.due("timer", 100, 3))).toEqual(sound.slice(0, 3));
  expect(values(await store.list("p", { limit: 3 }))).toEqual(sound.slice(0, 3));
  expect(values(await store.list("p", { limit: 3, reverse: true }))).toEqual(sound.toReversed().slice(0, 3));
  expect(values(await store.list("p"))).toEqual(sound);
  expect(guard.damaged()).toHaveLength(broken.length);
});

test("all rows are come across where somebody asks for it", async () => {
  const { guard } = await withDamage([2, 7]);
  await guard.verify(new AbortController().signal);
  expect(guard.damaged().map(({ sk }) => sk)).toEqual(["2", "7"]);
});

test("one store has one guard, whatever is reloaded over it", async () => {
  const { raw, guard } = await withDamage([]);
  expect(guardStore(raw, { now: () => START, report() {} })).toBe(guard);
});
