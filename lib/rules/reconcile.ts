// Brings the alerts that were notified to those of sorted input. None is split or withdrawn: where sorted input has
// several for one, it spans them, and where it has one for several, the oldest takes it.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { iso } from "../model/iso.ts";
import { alertId, countEvents, endAlert, openAlert } from "./alert.ts";
import type { CompiledRule } from "./compile.ts";
import type { AtHand, FoldedSpan, Pause } from "./fold.ts";
import type { Mark, Notified, Span, Transition } from "./state.ts";

export interface Reconciled {
  /** By their start. */
  notified: Notified[];
  transitions: Transition[];
  /** It opens once it is decided whether one that fires beyond it is the same. */
  held: FoldedSpan | undefined;
}

/** `stop`: the first deadline that is not decided yet; ms. What was notified beyond it stays until it is. */
export function reconcile(
  rule: CompiledRule,
  key: Record<string, unknown>,
  notified: readonly Notified[],
  spans: readonly FoldedSpan[],
  stop: number,
  atHand: Pick<AtHand, "nearest">,
): Reconciled {
  const { taken, left } = assign(rule, key, notified, spans);
  const transitions: Transition[] = [];
  // An alert that ended and went on before that is one: what was notified is over it.
  const ends = notified.map(({ endsAt, newest }) => Math.max(newest, endsAt ?? newest));
  const known = Math.max(Number.NEGATIVE_INFINITY, ...ends);
  const beyond = notified.findLastIndex(({ endsAt, startsAt }) => endsAt === null && startsAt > stop);
  const brought = notified.map((one, place): Notified => {
    const own = taken[place]!;
    const wanted = wantedOf(one, own, stop, place < beyond);
    if (wanted === undefined) return one;
    const step = bring(rule, one, own, wanted, known);
    transitions.push(...step.transitions);
    return step.next;
  });
  const held = beyond >= 0 ? left.find(({ endsAt }) => endsAt === null) : undefined;
  for (const span of left) {
    if (span === held) continue;
    const begun = begin(rule, key, span, known, atHand);
    if (begun === undefined) continue;
    transitions.push(...begun.transitions);
    brought.push(...begun.notified);
  }
  if (left.length > 0) brought.sort((a, b) => a.startsAt - b.startsAt);
  return { notified: brought, transitions, held };
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
  isHeld: boolean,
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
  if (end !== null && (end >= stop || isHeld)) wanted.endsAt = end;
  if (newest > stop || wanted.endsAt !== null) {
    wanted.count = Math.max(count, alert.count);
    wanted.newest = Math.max(wanted.newest, newest);
  }
  return wanted;
}

function bring(rule: CompiledRule, one: Notified, own: readonly FoldedSpan[], wanted: Span, known: number) {
  const { startsAt, endsAt, count, newest } = wanted;
  const events = own.length === 1 ? own[0]!.events : own.flatMap((span) => span.events);
  const isSame = startsAt === one.startsAt && endsAt === one.endsAt && count === one.alert.count;
  if (isSame && events.length === 0) {
    return { next: newest === one.newest ? one : { ...one, newest }, transitions: [] };
  }
  const alert = countEvents(one.alert, events, count);
  if (startsAt !== one.startsAt) alert.startsAt = iso(startsAt);
  const pauses = own.length === 1 ? own[0]!.pauses.filter((pause) => pause.endsAt > known) : [];
  const before = one.settled?.count ?? 0;
  const transitions = goOn(rule, alert, one.endsAt, { ...wanted, pauses, before });
  const last = transitions.at(-1)?.alert ?? alert;
  const isChanged = !isSame || pauses.length > 0;
  return { next: { ...one, startsAt, endsAt, newest, alert: last }, transitions: isChanged ? transitions : [] };
}

/**
 * The alert from how it was notified, over or not, through its pauses to how it is. `alert` has
 * what is new but for that.
 */
function goOn(
  rule: CompiledRule,
  alert: Alert,
  wasEnd: number | null,
  { endsAt, newest, pauses, before }: Span & { pauses: readonly Pause[]; before: number },
): Transition[] {
  const resolved = rule.canResolve ? "resolved" : "closed";
  const open: Alert = wasEnd === null ? alert : { ...alert, status: "firing", endsAt: null, updatedAt: iso(newest) };
  const transitions: Transition[] = [];
  if (wasEnd !== null && (endsAt === null || pauses.length > 0)) transitions.push({ kind: "opened", alert: open });
  for (const pause of pauses) {
    const then = endAlert({ ...open, count: before + pause.count }, pause.endsAt);
    transitions.push({ kind: resolved, alert: then }, { kind: "opened", alert: open });
  }
  if (endsAt !== null && (wasEnd === null || pauses.length > 0)) {
    transitions.push({ kind: resolved, alert: endAlert(open, endsAt) });
  } else if (endsAt !== null && endsAt !== wasEnd) {
    transitions.push({ kind: "updated", alert: endAlert(alert, endsAt) });
  } else if (transitions.length === 0) {
    const updatedAt = endsAt === null ? alert.updatedAt : iso(endsAt);
    transitions.push({ kind: "updated", alert: { ...alert, updatedAt } });
  }
  return transitions;
}

/** A new alert: as it opened, with what counted in it since, and over where it is. */
function begin(
  rule: CompiledRule,
  key: Record<string, unknown>,
  span: FoldedSpan,
  known: number,
  { nearest }: Pick<AtHand, "nearest">,
): Pick<Reconciled, "notified" | "transitions"> | undefined {
  const { startsAt, endsAt, newest, count, opening } = span;
  const pauses = span.pauses.filter((pause) => pause.endsAt > known);
  const event = opening?.event ?? nearest(startsAt);
  if (event === undefined) return undefined;
  const first = opening?.count ?? count;
  const seed = seedOf(rule, event, startsAt);
  const { alert: begun, unrendered } = openAlert(rule, key, event, opening?.events ?? [], first, startsAt, seed);
  const opened: Transition = { kind: "opened", alert: begun, ...(unrendered.length > 0 ? { unrendered } : {}) };
  const counted = count === first ? begun : countEvents(begun, span.events, count);
  const isMore = count !== first || endsAt !== null;
  const more = isMore ? goOn(rule, counted, null, { ...span, pauses, before: 0 }) : [];
  const alert = more.at(-1)?.alert ?? begun;
  return { notified: [{ alert, startsAt, endsAt, newest }], transitions: [opened, ...more] };
}

function seedOf({ kind }: CompiledRule, event: Event, at: number): string {
  return kind.seed?.(event, at) ?? event.id;
}
