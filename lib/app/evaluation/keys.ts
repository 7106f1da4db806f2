// How many keys a rule keeps: beyond its bound new ones share one overflow alert, and what is kept already goes on.
// A process counts new keys by itself and writes their number down after each poll round, so that evaluations are not
// in each other's way. What a process that dies has not written is missed until they are counted, at the bound.
import { hashOf } from "../../model/hash.ts";
import type { CompiledRule, Touch } from "../../rules/compile.ts";
import { overflowRow, overflowTouch, rulePartition } from "../../rules/compile.ts";
import type { Key } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { KeysRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";

/**
 * Keys are forgotten when they expire, a day after their last event at the soonest. At the bound they are counted
 * again, which reads them all, this often; ms.
 */
const RECOUNT_MS = 900_000;
/** Keys that are read at once. */
const COUNTED = 500;

/** Processes write to one of so many rows of a rule. */
const SLOTS = 64;
const COUNTED_KEY = "counted";

export function keysPartition(rulePartition: string): string {
  return `keys/${rulePartition}`;
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
  const { count, countedAt } = counted ?? { count: 0, countedAt: first.data.countedAt };
  const since = rows.filter(({ sk, data }) => sk !== COUNTED_KEY && (!counted || data.countedAt === countedAt));
  return { count: since.reduce((sum, { data }) => sum + data.count, count), countedAt };
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
  keys: ReadonlyMap<string, number>;
}

/** The touches with those of new keys that find no room led to the rule's overflow. Their state rows are loaded. */
export async function admitKeys(app: App, unit: Unit, touches: readonly Touch[], now: number): Promise<Admitted> {
  const fresh = touches.filter((touch) => unit.version(touch) === 0);
  const rules = new Set(fresh.map(({ rule }) => rule));
  const keys = new Map<string, number>();
  if (rules.size === 0) return { touches: [...touches], keys };
  const refused = new Map<CompiledRule, ReadonlySet<string>>();
  for (const rule of rules) {
    const own = new Set(fresh.filter((touch) => touch.rule === rule).map(({ sk }) => sk));
    const admitted = await admit(app, unit, rule, own.size, now);
    keys.set(rulePartition(rule), counted(rule, [...own].slice(0, admitted)));
    refused.set(rule, new Set([...own].slice(admitted)));
  }
  const led = touches.flatMap((touch) => {
    if (!refused.get(touch.rule)?.has(touch.sk)) return [touch];
    return touch.matches ? [overflowTouch(touch)] : [];
  });
  await unit.load(led);
  return { touches: led, keys };
}

/** The keys are committed. */
export function countKeys({ newKeys }: Pick<App, "newKeys">, { keys }: Admitted): void {
  for (const [pk, count] of keys) if (count > 0) newKeys.set(pk, (newKeys.get(pk) ?? 0) + count);
}

/** Writes down how many keys were new in this process since it did so before. What could not be written stays. */
export async function writeKeys(app: App): Promise<void> {
  const { newKeys } = app;
  for (const pk of [...newKeys.keys()]) {
    const slot = slotKey(pk, Math.floor(app.random() * SLOTS));
    const counted: Key = { pk: keysPartition(pk), sk: COUNTED_KEY };
    let taken = 0;
    try {
      await app.transact(async (unit) => {
        await unit.load([slot, counted]);
        // Taken within the unit: other evaluations of this process count it until then, and find it written thereafter.
        taken += newKeys.get(pk) ?? 0;
        newKeys.delete(pk);
        const countedAt = unit.value<KeysRow>(counted)?.countedAt ?? 0;
        const before = unit.value<KeysRow>(slot);
        const more = before?.countedAt === countedAt ? before.count : 0;
        unit.put(slot, { count: more + taken, countedAt } satisfies KeysRow);
      });
    } catch (error) {
      newKeys.set(pk, (newKeys.get(pk) ?? 0) + taken);
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

/** How many of the new keys there is room for. */
async function admit(app: App, unit: Unit, rule: CompiledRule, fresh: number, now: number): Promise<number> {
  const pk = rulePartition(rule);
  const known = await readKeys(app, pk);
  const unwritten = app.newKeys.get(pk) ?? 0;
  let count = (known?.count ?? 0) + unwritten;
  const age = now - (known?.countedAt ?? 0);
  if (count + fresh > rule.maxKeys && age >= RECOUNT_MS) {
    count = await countRows(app, rule);
    // What this process has not written down is among them.
    unit.create({ pk: keysPartition(pk), sk: COUNTED_KEY }, {
      count: count - unwritten,
      countedAt: now,
    } satisfies KeysRow);
  }
  return Math.min(Math.max(0, rule.maxKeys - count), fresh);
}

async function countRows({ store }: App, rule: CompiledRule): Promise<number> {
  const pk = rulePartition(rule);
  const overflow = overflowRow(rule).sk;
  let rows = await store.list(pk, { limit: COUNTED });
  const own = () => rows.filter(({ sk }) => sk !== overflow).length;
  let count = own();
  while (rows.length === COUNTED) {
    rows = await store.list(pk, { limit: COUNTED, after: rows.at(-1)!.sk });
    count += own();
  }
  return count;
}
