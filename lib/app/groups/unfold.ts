// Ids in the queue of groups that stand for many: the groups that wait for what is over, and those that one commit
// leads to where it has no room for a row each. They get their rows here, some in each commit.
import { groupOf, HEAD } from "../../alerts/group.ts";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { WAKING, waitPartition, wakingKey } from "../persistence/on-call-rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import { isInbox, putRows, SPREAD, type SpreadRow, spreadKey } from "./inbox.ts";

/** Rows of one commit: each may need another one removed. */
const BATCH = 20;

/** The ids of groups among the given ones, and those of the groups that the others stand for. */
export async function unfold(app: App, ids: readonly string[]): Promise<string[]> {
  const groups: string[] = [];
  for (const id of ids) {
    const at = id.indexOf("/");
    const some = SOME.get(id.slice(0, Math.max(0, at)));
    if (some === undefined) groups.push(id);
    else groups.push(...(await all(app, id, () => some(app, id.slice(at + 1)))));
  }
  return [...new Set(groups)];
}

/** What `some` gives until it gives nothing more; where it fails, the rest stays due. */
async function all(app: App, id: string, some: () => Promise<string[]>): Promise<string[]> {
  const groups: string[] = [];
  try {
    for (let found = await some(); found.length > 0; found = await some()) groups.push(...found);
  } catch (error) {
    if (isFatal(error)) throw error;
    app.log.error("groups not woken; they stay due", { of: id, error: (error as Error).message });
  }
  return groups;
}

/**
 * The ids that due rows stand for. A row that has no place in the queue is reported, one of a group's members is taken
 * out of it: both hide nothing else.
 */
export async function idsOf(app: App, rows: readonly Row[]): Promise<string[]> {
  const ids: string[] = [];
  for (const row of rows) {
    const group = groupOf(row);
    if (group === undefined && SOME.has(row.pk)) ids.push(`${row.pk}/${row.sk}`);
    else if (group === undefined) app.guard.noteDamaged(row);
    else if (row.sk === HEAD || isInbox(row)) ids.push(group);
    else await takeOut(app, row);
  }
  return ids;
}

async function takeOut(app: App, { pk, sk }: Row): Promise<void> {
  try {
    await app.transact(async (unit) => {
      await unit.load([{ pk, sk }]);
      if (unit.due({ pk, sk }) !== undefined) unit.put({ pk, sk }, unit.value({ pk, sk }));
    });
  } catch (error) {
    if (isFatal(error)) throw error;
    app.log.error("row not taken out of the queue of groups", { pk, sk, error: (error as Error).message });
  }
}

/** Wakes some of the groups that wait for the holder; returns their ids, none once all were woken. */
async function wakeSome(app: App, holder: string): Promise<string[]> {
  return app.transact(async (unit) => {
    const now = app.clock.now();
    await unit.load([wakingKey(holder)]);
    // Only then: who begins to wait for it anew is woken by a newer row.
    const waiting = await app.store.list(waitPartition(holder), { limit: BATCH });
    const groups = waiting.map(({ sk }) => sk);
    await unit.load(waiting);
    if (groups.length === 0) unit.delete(wakingKey(holder));
    for (const row of waiting) unit.delete(row);
    const entries = groups.map((id) => ({ id, due: now }));
    putRows(unit, `over/${holder}`, entries, now);
    return groups;
  });
}

/** Puts some of the rows that there was no room for; returns the ids of their groups, none once all were put. */
async function spreadSome(app: App, name: string): Promise<string[]> {
  return app.transact(async (unit) => {
    const key = spreadKey(name);
    await unit.load([key]);
    const row = unit.value<SpreadRow>(key);
    if (row === undefined) return [];
    if (!Array.isArray(row?.entries)) {
      app.guard.noteDamaged(key);
      return [];
    }
    // A group's entries together: they are one row.
    const groups = [...Map.groupBy(row.entries, ({ id }) => id).values()];
    const ids = putRows(unit, name, groups.slice(0, BATCH).flat(), row.at);
    const entries = groups.slice(BATCH).flat();
    if (entries.length === 0) unit.delete(key);
    else unit.put(key, { ...row, entries } satisfies SpreadRow, { queue: "group", due: app.clock.now() });
    return ids;
  });
}

const SOME = new Map([
  [WAKING, wakeSome],
  [SPREAD, spreadSome],
]);
