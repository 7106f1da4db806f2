// Rules that something must happen in time: what `expect` and `absence` make of an event, and of a deadline that has passed.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import type { CompiledRule } from "./compile.ts";
import { emptyExpect, missStart, noteFollowUp, noteStart } from "./expect.ts";
import { applyMatch, countPast, ended, firing, insertByTime, KEPT_PENDING, type Step } from "./lifecycle.ts";
import { applySilenceMatch } from "./silence-alerts.ts";
import type { Happening, KeyState, Observed } from "./state.ts";

/** A start or a follow-up of `expect`, at `time` (ms). */
export function applyExpect(rule: CompiledRule, state: KeyState, touch: Happening, time: number, readTo: number): Step {
  const { within } = rule.config.expect!;
  let memory = state.expect ?? emptyExpect();
  const hadMissed = memory.missed.length > 0;
  const starts = touch.matches && time >= (state.clearedAt ?? 0);
  const before = memory;
  if (starts) memory = noteStart(memory, time, within);
  if (touch.steps & 2) {
    // An event that is both serves what began before it, and begins anew.
    const own = starts && memory !== before ? [time] : [];
    const served = noteFollowUp(
      { ...memory, open: before.open },
      time,
      within,
      Math.min(readTo, time) - rule.lateness - within,
    );
    memory = { ...served, open: [...served.open, ...own].toSorted((a, b) => a - b) };
  }
  const pending = starts
    ? insertByTime(state.pending, touch.event)
        .filter((kept) => memory.open.includes(Date.parse(kept.time)))
        .slice(0, KEPT_PENDING)
    : state.pending;
  const next = { ...state, expect: memory, pending };
  if (!firing(next) || !hadMissed || memory.missed.length > 0) return { state: next, transitions: [] };
  return ended(rule, next, time);
}

/** The first open start's deadline `at` (ms) has passed without a follow-up. */
export function fireExpect(rule: CompiledRule, state: KeyState, at: number, readTo: number): Step {
  const { within } = rule.config.expect!;
  const start = at - within;
  const { memory, late } = missStart(state.expect!, within);
  const opening =
    state.pending.find(({ time }) => Date.parse(time) === start) ?? state.pending[0] ?? state.alert!.events.at(-1)!;
  const pending = state.pending.filter((kept) => Date.parse(kept.time) !== start);
  const match = { at, count: 1, events: [opening], opening, seed: `${opening.id} ${at}` };
  const next = { ...state, expect: memory, pending };
  // A start that was found late, missed within an alert that its own follow-up has ended.
  if (late !== undefined && isDuring(state.alert, at, late)) return countPast(next, state.alert!, match);
  const step = applyMatch(rule, next, match, readTo);
  if (late === undefined || memory.missed.length > 0 || !firing(step.state)) return step;
  const end = ended(rule, step.state, late);
  return { state: end.state, transitions: [...step.transitions, ...end.transitions] };
}

/** A target is watched from its first complete read until it has ended: before and after that its own events begin nothing. */
function isWaitedFor(
  { config }: CompiledRule,
  { absence = [], alert }: KeyState,
  { teaches, over }: Observed,
): boolean {
  if (config.absence?.over !== "targets" || !(teaches || over)) return true;
  return absence.length > 0 || alert?.status === "firing";
}

function isDuring(alert: Alert | null, from: number, to: number): boolean {
  return alert?.endsAt != null && Date.parse(alert.startsAt) <= from && to <= Date.parse(alert.endsAt);
}

/** A match of `absence`. */
export function applyAbsence(rule: CompiledRule, state: KeyState, event: Event, observed: Observed): Step {
  return isWaitedFor(rule, state, observed)
    ? applySilenceMatch(rule, state, event, observed)
    : { state, transitions: [] };
}
