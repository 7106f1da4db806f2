// How many keys a rule keeps: beyond its bound new ones share one overflow alert, and what is kept already goes on.
// Keys of which nothing has matched yet have the same bound, apart: they serve late matches alone, and beyond it they
// are dropped. A process counts new keys by itself and writes their number down after each poll round, so that
// evaluations are not in each other's way. What a process that dies has not written is missed until they are counted,
// at the bound.
import { hashOf } from "../../model/hash.ts";
import type { CompiledRule, Touch } from "../../rules/compile.ts";
import { overflowRow, overflowTouch, rulePartition } from "../../rules/compile.ts";
import { lastTime } from "../../rules/live.ts";
import { rowId } from "../../store/ops.ts";
import type { Key } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { inPieces } from "../persistence/in-pieces.ts";
import type { KeyCount, KeysRow, RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";

/**
 * Keys are forgotten when they expire, a day after their last event at the soonest. At the bound they are counted
 * again, which reads them all, this often; ms.
 */
const RECOUNT_MS = 900_000;
/** Keys that make room and are deleted with one commit. */
const FORGOTTEN = 50;
/** Where new keys need room, one of so many places is free then: for those that come before keys are counted again. */
const RESERVE = 20;
const DAY = 86_400_000;

/** Processes write to one of so many rows of a rule. */
const SLOTS = 64;
const COUNTED_KEY = "counted";

function keysPartition(rulePartition: string): string {
  return `keys/${rulePartition}`;
}

function countedKey(pk: string): Key {
  return { pk: keysPartition(pk), sk: COUNTED_KEY };
}

function slotKey(pk: string, slot: number): Key {
  return { pk: keysPartition(pk), sk: `slot/${slot}` };
}

/** How many keys a rule has by what was counted last and what processes have written down since. */
export async function readKeys({ store }: Pick<App, "store">, pk: string): Promise<KeysRow | undefined> {
  const rows = await store.list<KeysRow>(keysPartition(pk));
  const counted = rows.find(({ sk }) => sk === COUNTED_KEY)?.data;
  const [first] = rows;
  if (first === undefined) return undefined;
  const { countedAt, ...known } = counted ?? { count: 0, countedAt: first.data.countedAt };
  const since = rows.filter(({ sk, data }) => sk !== COUNTED_KEY && (!counted || data.countedAt === countedAt));
  return { ...since.reduce((sum, { data }) => plus(sum, data), known), countedAt };
}

const NONE: KeyCount = { count: 0 };

function plus(one: KeyCount, other: KeyCount, times = 1): KeyCount {
  const unmatched = (one.unmatched ?? 0) + times * (other.unmatched ?? 0);
  return { count: one.count + times * other.count, unmatched };
}

/** Of a rule with room for so many keys one in SAMPLE is written down, for all: a write costs more than it says. */
const MANY = 1_000;
const SAMPLE = 16;

/** Of the new keys those that count, in the number that they count for. */
function counted({ maxKeys }: CompiledRule, keys: readonly string[]): number {
  if (maxKeys < MANY) return keys.length;
  return SAMPLE * keys.filter((sk) => Number.parseInt(hashOf([sk], 4), 16) % SAMPLE === 0).length;
}

/** Touches, and how many keys of each rule are new with them, by the partition of the rule. */
export interface Admitted {
  touches: Touch[];
  keys: ReadonlyMap<string, KeyCount>;
  /** Full by what is known, and counted long ago: nothing is admitted before they are counted for these new keys. */
  uncounted: ReadonlyMap<CompiledRule, Required<KeyCount>>;
}

/**
 * The touches with matches of new keys that find no room led to the rule's overflow, and without what else new keys
 * have no room for. Their state rows are loaded.
 */
export async function admitKeys(app: App, unit: Unit, touches: readonly Touch[], now: number): Promise<Admitted> {
  const isNew = (touch: Touch) =>
    unit.version(touch) === 0 || (unit.value<RuleRow>(touch)?.unmatched === true && touch.matches);
  const keys = new Map<string, KeyCount>();
  const uncounted = new Map<CompiledRule, Required<KeyCount>>();
  const admitted = new Map<CompiledRule, ReadonlySet<string>>();
  for (const [rule, fresh] of Map.groupBy(touches.filter(isNew), (touch) => touch.rule)) {
    const matched = new Set(fresh.filter(({ matches }) => matches).map(({ sk }) => sk));
    const others = new Set(fresh.filter((one) => !matched.has(one.sk) && isFollowing(one)).map(({ sk }) => sk));
    admitted.set(rule, new Set());
    if (matched.size + others.size === 0) continue;
    const wanted = { count: matched.size, unmatched: others.size };
    const room = await roomFor(app, rule, wanted, now);
    if (room === undefined) {
      uncounted.set(rule, wanted);
      continue;
    }
    const taken = [...matched].slice(0, room.count);
    const beside = [...others].slice(0, room.unmatched);
    const moved = taken.filter((sk) => unit.version({ pk: rulePartition(rule), sk }) > 0);
    const unmatched = counted(rule, beside) - counted(rule, moved);
    keys.set(rulePartition(rule), { count: counted(rule, taken), unmatched });
    admitted.set(rule, new Set([...taken, ...beside]));
  }
  if (uncounted.size > 0) return { touches: [], keys: new Map(), uncounted };
  if (admitted.size === 0) return { touches: [...touches], keys, uncounted };
  const led = touches.flatMap((touch) => {
    if (!isNew(touch) || admitted.get(touch.rule)!.has(touch.sk)) return [touch];
    return touch.matches ? [overflowTouch(touch)] : [];
  });
  await unit.load(led);
  return { touches: led, keys, uncounted };
}

/** It is no match, and a match that is found late may have to know of it. */
function isFollowing({ steps, matches, resolves }: Touch): boolean {
  return resolves || (steps !== 0 && !matches);
}

/** The keys are committed. */
export function countKeys({ newKeys }: Pick<App, "newKeys">, { keys }: Admitted): void {
  for (const [pk, fresh] of keys) {
    if (fresh.count !== 0 || fresh.unmatched !== 0) newKeys.set(pk, plus(newKeys.get(pk) ?? NONE, fresh));
  }
}

/** Writes down how many keys were new in this process since it did so before. What could not be written stays. */
export async function writeKeys(app: App): Promise<void> {
  const { newKeys } = app;
  for (const pk of [...newKeys.keys()]) {
    const slot = slotKey(pk, Math.floor(app.random() * SLOTS));
    const counted = countedKey(pk);
    let taken = NONE;
    try {
      await app.transact(async (unit) => {
        await unit.load([slot, counted]);
        // Taken within the unit: other evaluations of this process count it until then, and find it written thereafter.
        taken = plus(taken, newKeys.get(pk) ?? NONE);
        newKeys.delete(pk);
        const countedAt = unit.value<KeysRow>(counted)?.countedAt ?? 0;
        const before = unit.value<KeysRow>(slot);
        const more = before?.countedAt === countedAt ? before : NONE;
        unit.put(slot, { ...plus(more, taken), countedAt } satisfies KeysRow);
      });
    } catch (error) {
      newKeys.set(pk, plus(newKeys.get(pk) ?? NONE, taken));
      throw error;
    }
  }
}

/** The rule has no keys any more. */
export async function forgetKeys(app: App, pk: string): Promise<void> {
  app.newKeys.delete(pk);
  await app.transact(async (unit) => {
    for (const { pk: partition, sk } of await unit.list(keysPartition(pk))) unit.delete({ pk: partition, sk });
  });
}

/**
 * For how many of the new keys there is room: of those that match, and of the others. Undefined where that is too few,
 * and keys were counted long ago.
 */
async function roomFor(
  app: App,
  rule: CompiledRule,
  wanted: Required<KeyCount>,
  now: number,
): Promise<Required<KeyCount> | undefined> {
  const pk = rulePartition(rule);
  const known = await readKeys(app, pk);
  const { count, unmatched = 0 } = plus(known ?? NONE, app.newKeys.get(pk) ?? NONE);
  const room = {
    count: Math.min(Math.max(0, rule.maxKeys - count), wanted.count),
    unmatched: Math.min(Math.max(0, rule.maxKeys - unmatched), wanted.unmatched),
  };
  const isFull = room.count < wanted.count || room.unmatched < wanted.unmatched;
  return isFull && now - (known?.countedAt ?? 0) >= RECOUNT_MS ? undefined : room;
}

/** Nothing of it is open, and its last event is so old that it is kept only while there is room. */
interface IdleKey extends Key {
  /** Of its last event; ms. */
  at: number;
}

/**
 * Counts the keys of these rules. Where new ones have no room, it forgets those that have been idle for the longest,
 * but none of the rows in `staying`.
 */
export async function countAnew(
  app: App,
  uncounted: ReadonlyMap<CompiledRule, Required<KeyCount>>,
  staying: ReadonlySet<string>,
  now: number,
): Promise<void> {
  for (const [rule, wanted] of uncounted) {
    const pk = rulePartition(rule);
    const { kept, idle } = await app.transact(async (unit) => {
      const counted = await countRows(app, rule, now);
      // What this process has not written down is among them.
      const row: KeysRow = { ...plus(counted.kept, app.newKeys.get(pk) ?? NONE, -1), countedAt: now };
      unit.create(countedKey(pk), row);
      return counted;
    });
    const needed = kept.count + wanted.count - rule.maxKeys;
    if (needed <= 0) continue;
    const oldest = idle.filter((key) => !staying.has(rowId(key))).sort((a, b) => a.at - b.at);
    await forgetIdle(app, rule, oldest.slice(0, Math.max(needed, Math.ceil(rule.maxKeys / RESERVE))), now);
  }
}

/** All keys, and those of them that would make room for others. */
async function countRows(
  { store }: App,
  rule: CompiledRule,
  now: number,
): Promise<{ kept: KeyCount; idle: IdleKey[] }> {
  const pk = rulePartition(rule);
  const overflow = overflowRow(rule).sk;
  const idle: IdleKey[] = [];
  let kept = NONE;
  for await (const rows of inPieces<RuleRow>(store, pk)) {
    for (const { sk, data } of rows) {
      if (sk === overflow) continue;
      if (isIdle(rule, data, now)) idle.push({ pk, sk, at: lastTime(data.state) });
      kept = plus(kept, data.unmatched ? { count: 0, unmatched: 1 } : { count: 1 });
    }
  }
  return { kept, idle };
}

function isIdle({ spared, memory, lateness }: CompiledRule, { unmatched, state }: RuleRow, now: number): boolean {
  if (unmatched || spared === memory || state.next !== null || state.alert?.status === "firing") return false;
  return lastTime(state) + spared + lateness + DAY < now;
}

/**
 * Deletes them, some with each commit, but for those that had an event meanwhile. They count no more, unless others
 * have counted since.
 */
async function forgetIdle(app: App, rule: CompiledRule, idle: readonly IdleKey[], now: number): Promise<void> {
  const counted = countedKey(rulePartition(rule));
  for (let at = 0; at < idle.length; at += FORGOTTEN) {
    const some = idle.slice(at, at + FORGOTTEN);
    await app.transact(async (unit) => {
      await unit.load([...some, counted]);
      const gone = some.filter((key) => {
        const row = unit.value<RuleRow>(key);
        return row !== undefined && isIdle(rule, row, now);
      });
      for (const key of gone) unit.delete(key);
      const known = unit.value<KeysRow>(counted);
      if (known?.countedAt === now) unit.put(counted, { ...known, count: known.count - gone.length });
    });
  }
}
