// Brings the alerts that were notified to those of sorted input. None is split or withdrawn: where sorted input has several for one,
// it spans them, and where it has one for several, the oldest takes it.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { alertId, countEvents, endAlert, iso, openAlert, reopenAlert } from "./alert.ts";
import type { CompiledRule } from "./compile.ts";
import type { FoldedSpan } from "./fold.ts";
import type { Mark, Notified, Span, Transition } from "./state.ts";

export interface Reconciled {
  /** By their start. */
  notified: Notified[];
  transitions: Transition[];
}

/**
 * `stop`: the first deadline that is not decided yet; ms. What was notified beyond it stays until it is. `nearest`: an event to open
 * by where the own one is not at hand any more.
 */
export function reconcile(
  rule: CompiledRule,
  key: Record<string, unknown>,
  notified: readonly Notified[],
  spans: readonly FoldedSpan[],
  stop: number,
  nearest: (time: number) => Event | undefined,
): Reconciled {
  const { taken, left } = assign(rule, key, notified, spans);
  const transitions: Transition[] = [];
  const brought = notified.map((one, place): Notified => {
    const own = taken[place]!;
    const isHeld = () => notified.some((other, at) => at > place && other.endsAt === null && other.startsAt > stop);
    const wanted = wantedOf(one, own, stop, isHeld);
    if (wanted === undefined) return one;
    const { next, transition } = bring(rule, one, own, wanted);
    if (transition) transitions.push(transition);
    return next;
  });
  for (const span of left) {
    const begun = begin(rule, key, span, nearest);
    if (begun === undefined) continue;
    transitions.push(...begun.transitions);
    brought.push({ alert: begun.alert, startsAt: span.startsAt, endsAt: span.endsAt, newest: span.newest });
  }
  if (left.length > 0) brought.sort((a, b) => a.startsAt - b.startsAt);
  return { notified: brought, transitions };
}

/** Which alerts of sorted input each notified one takes, the oldest first; `left` are new. */
function assign(
  rule: CompiledRule,
  key: Record<string, unknown>,
  notified: readonly Notified[],
  spans: readonly FoldedSpan[],
) {
  const taken: FoldedSpan[][] = notified.map(() => []);
  const left: FoldedSpan[] = [];
  for (const span of spans) {
    let place = notified.findIndex((one) => meets(one, span));
    // The checkpoint's last alert was notified, and needs no more.
    if (place < 0 && span.opening === undefined && span.endsAt !== null) continue;
    const event = span.opening?.event;
    if (place < 0 && event && notified.length > 0) {
      const id = alertId(rule, key, seedOf(rule, event, span.startsAt));
      place = notified.findIndex(({ alert }) => alert.id === id);
    }
    if (place < 0) left.push(span);
    else taken[place]!.push(span);
  }
  return { taken, left };
}

/** Whether the notified alert is known to have been firing at some time of the other. */
export function meets(one: Mark, other: Span): boolean {
  const end = one.endsAt ?? Math.max(one.startsAt, one.newest);
  return other.startsAt <= end && one.startsAt <= (other.endsAt ?? Number.POSITIVE_INFINITY);
}

/** What the notified alert is to be; undefined where it stays as it is. */
function wantedOf(
  { alert, startsAt: start, endsAt: end, newest, settled }: Notified,
  own: readonly FoldedSpan[],
  stop: number,
  isHeld: () => boolean,
): Span | undefined {
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined) {
    if (end !== null || start > stop) return undefined;
    return settled ? { ...settled, newest } : { startsAt: start, endsAt: start, count: alert.count, newest: start };
  }
  const startsAt = Math.min(settled?.startsAt ?? first.startsAt, first.startsAt);
  const count = own.reduce((sum, span) => sum + span.count, settled?.count ?? 0);
  const wanted = { startsAt, endsAt: last.endsAt, count, newest: last.newest };
  if (last.endsAt !== null || stop === Number.POSITIVE_INFINITY) return wanted;
  // It was notified with more than what is decided now.
  if (end !== null && (end >= stop || isHeld())) wanted.endsAt = end;
  if (newest > stop || wanted.endsAt !== null) {
    wanted.count = Math.max(count, alert.count);
    wanted.newest = Math.max(wanted.newest, newest);
  }
  return wanted;
}

function bring(rule: CompiledRule, one: Notified, own: readonly FoldedSpan[], wanted: Span) {
  const { startsAt, endsAt, count, newest } = wanted;
  const before = one.alert;
  const events = own.length === 1 ? own[0]!.events : own.flatMap((span) => span.events);
  const isSame = startsAt === one.startsAt && endsAt === one.endsAt && count === before.count;
  if (isSame && events.length === 0) return { next: newest === one.newest ? one : { ...one, newest } };
  let kind: Transition["kind"] = "updated";
  let alert = countEvents(before, events, count);
  if (startsAt !== one.startsAt) alert.startsAt = iso(startsAt);
  if (endsAt === null && one.endsAt !== null) {
    kind = "opened";
    alert = { ...reopenAlert(alert), updatedAt: iso(newest) };
  } else if (endsAt !== null && endsAt !== one.endsAt) {
    if (one.endsAt === null) kind = rule.canResolve ? "resolved" : "closed";
    alert = endAlert(alert, endsAt);
  } else if (endsAt !== null) alert.updatedAt = before.updatedAt;
  const transition: Transition = { kind, alert };
  return { next: { ...one, startsAt, endsAt, newest, alert }, ...(isSame ? {} : { transition }) };
}

/** A new alert: as it opened, with what counted in it since, and over where it is. */
function begin(
  rule: CompiledRule,
  key: Record<string, unknown>,
  span: FoldedSpan,
  nearest: (time: number) => Event | undefined,
) {
  const { startsAt, endsAt, opening } = span;
  const event = opening?.event ?? nearest(startsAt);
  if (event === undefined) return undefined;
  const first = opening?.count ?? span.count;
  const seed = seedOf(rule, event, startsAt);
  const { alert: begun, unrendered } = openAlert(rule, key, event, opening?.events ?? [], first, startsAt, seed);
  const opened: Transition = { kind: "opened", alert: begun, ...(unrendered.length > 0 ? { unrendered } : {}) };
  const transitions = [opened];
  let alert: Alert = begun;
  if (span.count !== first) {
    alert = countEvents(alert, span.events, span.count);
    if (endsAt === null) transitions.push({ kind: "updated", alert });
  }
  if (endsAt !== null) {
    alert = endAlert(alert, endsAt);
    transitions.push({ kind: rule.canResolve ? "resolved" : "closed", alert });
  }
  return { alert, transitions };
}

function seedOf({ kind }: CompiledRule, event: Event, at: number): string {
  return kind.seed?.(event, at) ?? event.id;
}
