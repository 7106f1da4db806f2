// Deadlines of rules: each fires once now has reached it and every target that feeds its key has been read up to it.
import { type CompiledRule, rulePartition } from "../../rules/compile.ts";
import { applyTime, deadline } from "../../rules/evaluate.ts";
import type { Step } from "../../rules/lifecycle.ts";
import type { KeyState, Transition } from "../../rules/state.ts";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { putChanges } from "../groups/transitions.ts";
import { drain } from "../persistence/drain.ts";
import type { RuleRow } from "../persistence/rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import { announce } from "./announce.ts";
import { type Progress, progressOf } from "./progress.ts";
import { noteFailures } from "./rule-failures.ts";
import { joinTransitions } from "./slice.ts";

/** As many are shown. */
const SHOWN = 200;
/** Deadlines of one key that fire in one commit. */
const AT_ONCE = 1_000;
/** When a deadline that still waits for its targets is looked at again; ms. */
const AGAIN_MS = 30_000;

/**
 * Fires every deadline that is due and decided, until the signal aborts or it is `until` (ms); the rest stays due. One that fails
 * stops no other. Returns how many fired.
 */
export async function fireTimers(app: App, signal?: AbortSignal, until = Number.POSITIVE_INFINITY): Promise<number> {
  const progress = progressOf(app);
  const all: Fired = { transitions: [], groups: new Set() };
  let fired = 0;
  try {
    for await (const rows of drain<RuleRow>(app, "timer", signal)) {
      await progress.ready();
      for (const row of rows) {
        if (signal?.aborted || app.clock.now() >= until) return fired;
        try {
          if (await fireTimer(app, row, progress, all)) fired++;
        } catch (error) {
          if (isFatal(error)) throw error;
          app.log.error("deadline not decided; it stays due", { row: row.pk, error: (error as Error).message });
        }
      }
    }
    return fired;
  } finally {
    // Rung once: what is over its time together is notified together.
    if (all.transitions.length > 0) await app.bus.publish(all.transitions, [...all.groups]);
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
    const step = fireAll(rule, row.state, now, progress.readTo(rule, row.state.key));
    if (step.transitions.length === 0) {
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

/** All that is decided takes effect at once: nobody is told of an alert between two of its deadlines. */
function fireAll(rule: CompiledRule, before: KeyState, now: number, readTo: number): Step {
  const transitions: Transition[] = [];
  let state = before;
  for (let fired = 0; fired < AT_ONCE; fired++) {
    const step = applyTime(rule, state, now, readTo);
    if (step.transitions.length === 0) break;
    state = step.state;
    joinTransitions(transitions, step.transitions);
  }
  return { state, transitions };
}

/** Deadlines that have passed but are not decided yet, since a target that feeds them is not read up to them. */
export async function waitingDeadlines(
  app: App,
): Promise<{ rule: string; key: Record<string, unknown>; deadline: string }[]> {
  const now = app.clock.now();
  const rows = await app.store.due<RuleRow>("timer", now + AGAIN_MS, SHOWN);
  return rows.flatMap(({ pk, data: { state } }) => {
    const rule = ruleOfPartition(app, pk);
    const end = rule && deadline(rule, state);
    if (!end || end.due > now - AGAIN_MS) return [];
    return [{ rule: rule.config.id, key: state.key, deadline: new Date(end.at).toISOString() }];
  });
}

function ruleOfPartition(app: App, pk: string): CompiledRule | undefined {
  return [...app.rules.all, app.healthRule].find((rule) => rulePartition(rule) === pk);
}
