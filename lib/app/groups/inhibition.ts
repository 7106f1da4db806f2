// Which firing alerts hold others back, as rows that a decision finds without looking for them: written and removed in
// the commit that opens or ends the alert; whoever waits for its end is then due.
import { roundDue } from "../../alerts/next-due.ts";
import type { Alert } from "../../model/alert.ts";
import { rulePartition } from "../../rules/compile.ts";
import { rowId } from "../../store/ops.ts";
import type { Key, Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { inParts } from "../persistence/in-parts.ts";
import {
  INHIBIT,
  type InhibitorRow,
  inhibitorKey,
  WAKING,
  type WakingRow,
  waitPartition,
  wakingKey,
} from "../persistence/on-call-rows.ts";
import type { RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";

const BATCH = 20;

/** A rule and key whose row changes. */
export interface Stepping {
  before: RuleRow | undefined;
  /** Undefined: the row goes. */
  after: RuleRow | undefined;
}

/**
 * Writes and removes what the changed rows say about their alerts; `after` hears of it. Returns the
 * ids of the groups that are due.
 */
export async function putInhibitors(
  app: App,
  unit: Unit,
  steppings: readonly Stepping[],
  now: number,
  round?: string,
): Promise<string[]> {
  const woken: string[] = [];
  const plans = steppings.flatMap(({ before, after }) => {
    const alert = after?.state.alert?.status === "firing" ? after.state.alert : undefined;
    const wanted = alert ? inhibitorKeys(app, alert) : [];
    const known = before?.inhibitors ?? [];
    if (after && wanted.length > 0) after.inhibitors = wanted;
    else if (after) delete after.inhibitors;
    const [come, gone] = [without(wanted, known), without(known, wanted)];
    return come.length + gone.length > 0 ? [{ alert, come, gone }] : [];
  });
  await unit.load(plans.flatMap(({ come, gone }) => [...come, ...gone]));
  for (const { alert, come, gone } of plans) {
    for (const key of come) unit.put(key, { alert: alert!.id, rule: alert!.rule } satisfies InhibitorRow);
    const ended = new Set(gone.flatMap((key) => unit.value<InhibitorRow>(key)?.alert ?? []));
    for (const key of gone) unit.delete(key);
    for (const id of ended) woken.push(...(await wakeWaiting(app, unit, id, now, round)));
  }
  return woken;
}

function inhibitorKeys({ inhibition }: Pick<App, "inhibition">, alert: Alert): Key[] {
  return inhibition.sourceOf(alert).map(({ rule, values, both }) => inhibitorKey(rule, values, both, alert.id));
}

function without(keys: readonly Key[], others: readonly Key[]): Key[] {
  const known = new Set(others.map(rowId));
  return keys.filter((key) => !known.has(rowId(key)));
}

/**
 * What held them back is over, an alert or a silence: the groups that wait for it are looked at, at the end of the
 * `round`. Returns an id that stands for them all (unfold.ts), if there are any.
 */
export async function wakeWaiting(
  { store }: Pick<App, "store">,
  unit: Unit,
  holder: string,
  now: number,
  round?: string,
): Promise<string[]> {
  // Whoever begins to wait at the same time writes the row of the holder as well.
  const [waiting] = await store.list(waitPartition(holder), { limit: 1 });
  if (waiting === undefined) return [];
  const row: WakingRow = { id: `${WAKING}/${holder}` };
  unit.create(wakingKey(holder), row, { queue: "group", due: round === undefined ? now : roundDue({ at: now }) });
  return [row.id];
}

/** The inhibit rules have changed: what is open is judged by the new ones, and nothing is left of the old ones. */
export async function reconcileInhibition(app: App): Promise<void> {
  const before = (await app.store.get<string[]>(INHIBIT))?.data ?? [];
  const rules = app.inhibition.rules.toSorted();
  if (JSON.stringify(before) === JSON.stringify(rules)) return;
  for (const rule of [...app.rules.all, app.healthRule]) {
    const rows = await app.store.list<RuleRow>(rulePartition(rule));
    const open = rows.filter(({ data }) => data.state.alert?.status === "firing" || data.inhibitors);
    for (let from = 0; from < open.length; from += BATCH) {
      await inParts(app, open.slice(from, from + BATCH), (unit, batch) => judgeAnew(app, unit, batch));
    }
  }
  await app.transact(async (unit) => {
    await unit.load([INHIBIT]);
    unit.put(INHIBIT, rules);
  });
}

async function judgeAnew(app: App, unit: Unit, batch: readonly Row<RuleRow>[]): Promise<void> {
  await unit.load(batch);
  const steppings = batch.flatMap((key) => {
    const before = unit.value<RuleRow>(key);
    return before ? [{ key, before, after: { ...before } }] : [];
  });
  await putInhibitors(app, unit, steppings, app.clock.now());
  for (const { key, before, after } of steppings) {
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    const due = unit.due(key);
    unit.put({ pk: key.pk, sk: key.sk }, after, due === undefined ? {} : { queue: "timer", due });
  }
}
