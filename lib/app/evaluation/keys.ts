// How many keys a rule keeps: beyond its bound new ones share one overflow alert, and what is kept already goes on.
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

export function keysKey(rulePartition: string): Key {
  return { pk: "keys", sk: rulePartition };
}

/** The touches with those of new keys that find no room led to the rule's overflow. Their state rows are loaded. */
export async function admitKeys(app: App, unit: Unit, touches: readonly Touch[], now: number): Promise<Touch[]> {
  const fresh = touches.filter((touch) => unit.version(touch) === 0);
  const rules = new Set(fresh.map(({ rule }) => rule));
  if (rules.size === 0) return [...touches];
  await unit.load([...rules].map((rule) => keysKey(rulePartition(rule))));
  const refused = new Map<CompiledRule, ReadonlySet<string>>();
  for (const rule of rules) {
    const own = new Set(fresh.filter((touch) => touch.rule === rule).map(({ sk }) => sk));
    refused.set(rule, await admit(app, unit, rule, own, now));
  }
  const led = touches.flatMap((touch) => {
    if (!refused.get(touch.rule)?.has(touch.sk)) return [touch];
    return touch.matches ? [overflowTouch(touch)] : [];
  });
  await unit.load(led);
  return led;
}

/** Counts the new keys in; returns those for which there is no room. */
async function admit(
  app: App,
  unit: Unit,
  rule: CompiledRule,
  fresh: ReadonlySet<string>,
  now: number,
): Promise<ReadonlySet<string>> {
  const pk = rulePartition(rule);
  const row = unit.value<KeysRow>(keysKey(pk)) ?? { count: 0, countedAt: 0 };
  let { count, countedAt } = row;
  if (count + fresh.size > rule.maxKeys && now - countedAt >= RECOUNT_MS) {
    count = await countKeys(app, rule);
    countedAt = now;
  }
  const room = Math.max(0, rule.maxKeys - count);
  const admitted = Math.min(room, fresh.size);
  if (admitted > 0 || countedAt !== row.countedAt) unit.put(keysKey(pk), { count: count + admitted, countedAt });
  return new Set([...fresh].slice(admitted));
}

async function countKeys({ store }: App, rule: CompiledRule): Promise<number> {
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
