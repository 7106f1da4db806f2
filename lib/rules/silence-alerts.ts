// The alerts of `absence`: those that were told are brought to what sorted input has, whatever was found when.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { noteMatch } from "./absence.ts";
import { endAlert, iso, reopenAlert } from "./alert.ts";
import type { CompiledRule } from "./compile.ts";
import { opening, type Step } from "./lifecycle.ts";
import { forget, type Known, knownOf, lastFired, lastSeen, outcomeOf, type Span } from "./silences.ts";
import type { KeyState, Observed, Transition } from "./state.ts";

/** When something was found, or a deadline fired; ms. */
interface Moment {
  time: number;
  /** Deadlines up to here have fired, or fire now. */
  decided: number;
  readTo: number;
  /** What was found. */
  event?: Event;
}

/** A match at `time` (ms): what it was waited for, or what ends the silence, then or now. */
export function applySilenceMatch(rule: CompiledRule, state: KeyState, event: Event, observed: Observed): Step {
  const known = knownOf(state);
  const time = Date.parse(event.time);
  if (time < (known.floor ?? Number.NEGATIVE_INFINITY)) return { state, transitions: [] };
  const runs = noteMatch(known.runs, time, rule.config.absence!.for);
  const newest = state.pending[0] && state.pending[0].time > event.time ? state.pending : [event];
  const moment = { time, decided: decidedAt(known, time, observed), readTo: observed.readTo, event };
  return live(rule, { ...state, pending: newest }, { ...known, runs }, moment);
}

/** A resolving event at `time` (ms): nothing that came before it is waited for any more. */
export function applySilenceEnd(rule: CompiledRule, before: KeyState, time: number, observed: Observed): Step {
  const known = knownOf(before);
  const state = { ...before, newestResolve: Math.max(time, before.newestResolve ?? time) };
  if (time < (known.floor ?? Number.NEGATIVE_INFINITY)) return { state, transitions: [] };
  const resolves = [...new Set([...known.resolves, time])].sort((a, b) => a - b);
  const moment = { time, decided: decidedAt(known, time, observed), readTo: observed.readTo };
  return live(rule, state, { ...known, resolves }, moment);
}

/** The silence has lasted until its deadline, or its alert until its end, at `at` (ms). */
export function fireSilence(rule: CompiledRule, state: KeyState, at: number, readTo: number): Step {
  const known = knownOf(state);
  return live(rule, state, known, { time: at, decided: Math.max(at, lastFired(known)), readTo });
}

/** Deadlines wait to be fired one by one; what is found from before others is judged by all that is decided by now. */
function decidedAt(known: Known, time: number, { readTo, decided = readTo }: Observed): number {
  const fired = lastFired(known);
  return time < Math.max(fired, lastSeen(known)) ? Math.max(fired, decided) : fired;
}

/** The key by what is known of it now, and what that says about its alerts. */
function live(rule: CompiledRule, state: KeyState, known: Known, moment: Moment): Step {
  const outcome = outcomeOf(rule.config, known, moment.decided);
  const { alerts, transitions } = bring(rule, state, known, outcome.spans, moment);
  const newest = transitions.findLast(({ kind }) => kind === "opened")?.alert ?? state.alert;
  const alert = alerts.find(({ status }) => status === "firing") ?? alerts.find(({ id }) => id === newest?.id) ?? null;
  const seen = Math.max(moment.time, lastSeen(known));
  const horizon = Math.min(moment.readTo, seen) - rule.lateness;
  const kept = forget(known, outcome, horizon);
  const waited = known.runs.slice(outcome.over.length);
  const spans = kept.last ? [{ from: kept.last[0], to: kept.last[1] }, ...outcome.spans] : outcome.spans;
  const told = alerts.filter(
    (one) => one !== alert && (Date.parse(one.endsAt!) >= horizon || spans.some((span) => overlaps(one, span))),
  );
  const { past: _, ...rest } = state;
  const cleared = [state.clearedAt, known.resolves.at(-1), ...outcome.fired.map(([, , end]) => end)];
  const times = cleared.filter((time) => time != null);
  const next: KeyState = {
    ...rest,
    newestMatch: alert?.status === "firing" ? outcome.fired.at(-1)![1] : state.newestMatch,
    clearedAt: times.length > 0 ? Math.max(...times) : null,
    alert,
    absence: waited,
    silences: { ...kept, runs: kept.runs.slice(0, kept.runs.length - waited.length), told },
  };
  return { state: next, transitions };
}

/** The told alerts, older ones first, each with what sorted input has in its time; then what was not told yet. */
function bring(rule: CompiledRule, state: KeyState, known: Known, spans: readonly Span[], moment: Moment) {
  const told = [...(state.silences?.told ?? []), ...(state.alert ? [state.alert] : [])].sort(byStart);
  const transitions: Transition[] = [];
  const left = new Set(spans);
  const isBefore = (span: Span) => known.last !== undefined && span === spans[0];
  const alerts = told.map((alert): Alert => {
    const own = [...left].filter((span) => overlaps(alert, span));
    for (const span of own) left.delete(span);
    if (own.length === 0) {
      if (alert.status !== "firing") return alert;
      const end = endAlert(alert, Math.max(moment.time, Date.parse(alert.startsAt)));
      transitions.push({ kind: "resolved", alert: end });
      return end;
    }
    // Of its beginning no more may be known.
    const first = own[0]!;
    const from = isBefore(first) ? Math.min(first.from, Date.parse(alert.startsAt)) : first.from;
    const next = moved(alert, { from, to: own.at(-1)!.to });
    if (next) transitions.push(next);
    return next?.alert ?? alert;
  });
  for (const span of left) {
    if (isBefore(span) && span.to === known.last![1]) continue;
    const { event } = moment;
    const of = span.from - rule.config.absence!.for;
    const text = event && Date.parse(event.time) === of ? event : state.pending[0]!;
    const begun = opening(rule, state, { at: span.from, count: 0, events: [], opening: text, seed: `${span.from}` });
    transitions.push(begun);
    if (span.to !== null) transitions.push({ kind: "resolved", alert: endAlert(begun.alert, span.to) });
    alerts.push(transitions.at(-1)!.alert);
  }
  return { alerts, transitions };
}

function byStart(a: Alert, b: Alert): number {
  return Date.parse(a.startsAt) - Date.parse(b.startsAt);
}

/** The alert from and to these moments; undefined where it is so already. */
function moved(alert: Alert, { from, to }: Span): Transition | undefined {
  const startsAt = iso(from);
  const endsAt = to === null ? null : iso(to);
  if (alert.startsAt === startsAt && alert.endsAt === endsAt) return undefined;
  const begun = { ...alert, startsAt };
  if (to === null)
    return alert.endsAt === null ? { kind: "updated", alert: begun } : { kind: "opened", alert: reopenAlert(begun) };
  return { kind: alert.endsAt === null ? "resolved" : "updated", alert: endAlert(begun, to) };
}

function overlaps({ startsAt, endsAt }: Alert, { from, to }: Span): boolean {
  const [start, end] = [Date.parse(startsAt), endsAt === null ? Number.POSITIVE_INFINITY : Date.parse(endsAt)];
  return from <= end && start <= (to ?? Number.POSITIVE_INFINITY);
}
