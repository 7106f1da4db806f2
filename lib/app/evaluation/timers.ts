// Deadlines of rules: each fires once now has reached it and every target that feeds its key has been read up to it.
import { type CompiledRule, rulePartition } from "../../rules/compile.ts";
import { live } from "../../rules/live.ts";
import type { Transition } from "../../rules/state.ts";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { putChanges } from "../groups/transitions.ts";
import { drain } from "../persistence/drain.ts";
import type { RuleRow } from "../persistence/rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import { announce } from "./announce.ts";
import { type Progress, progressOf } from "./progress.ts";
import { noteFailures } from "./rule-failures.ts";

/** As many are shown. */
const SHOWN = 200;
/** When a deadline that still waits for its targets is looked at again; ms. */
const AGAIN_MS = 30_000;

/**
 * Fires every deadline that is due and decided, until the signal aborts or it is `until` (ms); the rest stays due. One
 * that fails stops no other. Returns how many fired.
 */
export async function fireTimers(app: App, signal?: AbortSignal, until = Number.POSITIVE_INFINITY): Promise<number> {
  const progress = progressOf(app);
  const all: Fired = { transitions: [], groups: new Set() };
  let fired = 0;
  try {
    for await (const rows of drain<RuleRow>(app, "timer", signal)) {
      for (const row of rows) {
        if (signal?.aborted || app.clock.now() >= until) return fired;
        const isFired = await unlessFailed(app, { row: row.pk }, () => fireTimer(app, row, progress, all));
        if (isFired) fired++;
      }
    }
    return fired;
  } finally {
    // Rung once: what is over its time together is notified together.
    if (all.transitions.length > 0) await app.bus.publish(all.transitions, [...all.groups]);
  }
}

/** What fails stops nothing else: its deadlines stay due. */
async function unlessFailed<T>(app: App, of: { row: string }, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isFatal(error)) throw error;
    app.log.error("deadlines not decided; they stay due", { ...of, error: (error as Error).message });
    return undefined;
  }
}

/** What the deadlines led to so far. */
interface Fired {
  transitions: Transition[];
  groups: Set<string>;
}

async function fireTimer(app: App, { pk, sk }: Row<RuleRow>, progress: Progress, all: Fired): Promise<boolean> {
  const rule = ruleOfPartition(app, pk);
  const key = { pk, sk };
  const { groups, transitions } = await app.transact(async (unit) => {
    const now = app.clock.now();
    await unit.load([key]);
    const row = unit.value<RuleRow>(key);
    const due = unit.due(key);
    const nothing = { groups: [], transitions: [] };
    // Gone, moved on, or of a rule that the next start closes (registry.ts).
    if (row === undefined || rule === undefined || due === undefined || due > now) return nothing;
    const readTo = await progress.readTo(rule, row.state.key);
    const step = live(rule, row.state, [], { now, readTo, since: 0 });
    const { next } = step.state;
    if (step.transitions.length === 0 && next !== null && next.due <= now) {
      unit.put(key, row, { queue: "timer", due: now + AGAIN_MS });
      return nothing;
    }
    const changes = [{ rule, ...step }];
    await noteFailures(app, unit, changes, [], now);
    return { transitions: step.transitions, groups: await putChanges(app, unit, changes, now) };
  });
  announce(app, transitions);
  all.transitions.push(...transitions);
  for (const id of groups) all.groups.add(id);
  return transitions.length > 0;
}

/** Deadlines that have passed but are not decided yet, since a target that feeds them is not read up to them. */
export async function waitingDeadlines(
  app: App,
): Promise<{ rule: string; key: Record<string, unknown>; deadline: string }[]> {
  const now = app.clock.now();
  const rows = await app.store.due<RuleRow>("timer", now + AGAIN_MS, SHOWN);
  return rows.flatMap(({ pk, data: { state } }) => {
    const rule = ruleOfPartition(app, pk);
    const { key, next } = state;
    if (!rule || !next || next.due > now - AGAIN_MS) return [];
    return [{ rule: rule.config.id, key, deadline: new Date(next.at).toISOString() }];
  });
}

function ruleOfPartition(app: App, pk: string): CompiledRule | undefined {
  return [...app.rules.all, app.healthRule].find((rule) => rulePartition(rule) === pk);
}
