// A group's inbox: what joins or wakes a group is a row of its own, written without reading the group. Whoever decides
// the group folds the rows into it, in the same commit.
import {
  type Before,
  type Group,
  groupPartition,
  HEAD,
  type Member,
  newGroup,
  withBefore,
} from "../../alerts/group.ts";
import type { Key, Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { Unit } from "../persistence/unit.ts";

/** Which group it is. */
type GroupOf = Pick<Group, "route" | "values" | "incident" | "step">;

/** What one commit puts into one group's inbox. Queue "group". */
export interface InboxRow {
  /** The group's id. */
  id: string;
  /** ms */
  at: number;
  /** Absent where the row only wakes it. */
  of?: GroupOf;
  /** Of another group, which its alerts were in before. */
  before?: Before;
  /** The alerts that join it; none: it is to look at its own again. */
  members: Member[];
}

/** A row of a group's partition: its head, some of its members, or a row of its inbox. */
export type GroupRow = Group | Member[] | InboxRow;

/** One alert that joins a group, or a group that is woken. */
export interface InboxEntry {
  id: string;
  /** When the group is looked at, at the latest; ms. */
  due: number;
  joins?: { of: GroupOf; member: Member };
  before?: Before;
}

/** What is known of a group, with its inbox folded in. */
export interface LoadedGroup {
  group: Group;
  members: Member[];
  /** The rows of the inbox that are part of it. */
  inbox: Key[];
}

const PREFIX = "in/";

/** What one commit leads to in more groups than it has room for. Queue "group". */
export interface SpreadRow {
  id: string;
  /** ms */
  at: number;
  entries: readonly InboxEntry[];
}
export const SPREAD = "spread";
export function spreadKey(name: string): Key {
  return { pk: SPREAD, sk: name };
}

/**
 * Puts the entries, a row for each group, or one row for all of them where there are too many for a commit. `name` is
 * the commit's own: nobody else uses it, unless for the same entries. Returns the ids of what is due (unfold.ts).
 */
export function putInbox(
  { store }: Pick<App, "store">,
  unit: Unit,
  name: string,
  entries: readonly InboxEntry[],
  now: number,
): string[] {
  const groups = new Set(entries.map(({ id }) => id));
  if (groups.size <= store.limits.items / 4) return putRows(unit, name, entries, now);
  const row: SpreadRow = { id: `${SPREAD}/${name}`, at: now, entries };
  unit.create(spreadKey(name), row, { queue: "group", due: now });
  return [row.id];
}

/** Puts the entries, a row for each group. Returns the ids of the groups. */
export function putRows(unit: Unit, name: string, entries: readonly InboxEntry[], now: number): string[] {
  const groups = Map.groupBy(entries, ({ id }) => id);
  for (const [id, own] of groups) {
    const joins = own.flatMap((entry) => entry.joins ?? []);
    const of = joins[0]?.of;
    // All of one commit come from the same group: who of them was notified says when that was.
    const befores = own.flatMap((entry) => entry.before ?? []);
    const before = befores.find(({ lastAt }) => lastAt !== null) ?? befores[0];
    const members = joins.map(({ member }) => member);
    const row: InboxRow = { id, at: now, ...(of && { of }), ...(before && { before }), members };
    unit.create(inboxKey(id, name), row, { queue: "group", due: Math.min(...own.map(({ due }) => due)) });
  }
  return [...groups.keys()];
}

function inboxKey(group: string, name: string): Key {
  return { pk: groupPartition(group), sk: `${PREFIX}${name}` };
}

/**
 * A group from all rows of its partition; undefined where it has ended and nothing joins it. Of its inbox the first
 * `limit` rows are folded in.
 */
export function foldGroup(
  rows: readonly Row<GroupRow>[],
  limit = Number.POSITIVE_INFINITY,
): LoadedGroup | { group: undefined; inbox: Key[] } {
  // As they came: their names say nothing of that.
  const letters = (rows.filter(isInbox) as Row<InboxRow>[]).toSorted((a, b) => a.data.at - b.data.at).slice(0, limit);
  const inbox = letters.map(({ pk, sk }): Key => ({ pk, sk }));
  const begun = (rows.find(({ sk }) => sk === HEAD)?.data as Group | undefined) ?? beginning(letters);
  if (begun === undefined) return { group: begun, inbox };
  const group = letters.flatMap(({ data }) => data.before ?? []).reduce(withBefore, begun);
  const members = rows.flatMap((row) => (row.sk === HEAD || isInbox(row) ? [] : (row.data as Member[])));
  const known = new Set(members.map(({ id }) => id));
  for (const member of letters.flatMap(({ data }) => data.members)) {
    if (known.has(member.id)) continue;
    known.add(member.id);
    members.push(member);
  }
  return { group, members, inbox };
}

/** Which rows of a group's partition lie in its inbox. */
export function inboxOf(rows: readonly Key[]): Key[] {
  return rows.flatMap((row) => (isInbox(row) ? { pk: row.pk, sk: row.sk } : []));
}

export function isInbox({ sk }: Key): boolean {
  return sk.startsWith(PREFIX);
}

/** The group that the first alerts to join it begin. */
function beginning(letters: readonly Row<InboxRow>[]): Group | undefined {
  const [first] = letters.flatMap(({ data: { of, at } }) => (of ? [{ ...of, at }] : []));
  if (first === undefined) return undefined;
  const { route, incident, values, step, at } = first;
  return { ...newGroup(route, incident, values, at), ...(step === undefined ? {} : { step }) };
}
