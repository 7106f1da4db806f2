// Which silences of a key were too long, by all that is known of the last while; gone through again for what is late.
import type { Alert } from "../model/alert.ts";
import type { RuleConfig } from "../model/config.ts";
import type { AbsenceMemory } from "./absence.ts";
import { firing } from "./lifecycle.ts";
import type { KeyState } from "./state.ts";

/** Beyond these a key that falls silent, or is resolved, again and again remembers less. */
const MAX_RUNS = 50;
const MAX_RESOLVES = 500;

/** A silence after the stretch that ends at `of`: when its deadline fired and, where time alone ended it, when; ms. */
export type Fired = [of: number, at: number, end: number | null];

/** What `absence` keeps of the time that late input may still change; ms, each list ascending. */
export interface Silences {
  /** Stretches of matches before those that are waited on. */
  runs: AbsenceMemory;
  /** Events that resolved. */
  resolves: number[];
  fired: Fired[];
  /** Alerts before the last one. */
  told: Alert[];
  /** Nothing is remembered of what was before. */
  floor: number | null;
  /** The last alert of that time, for `reopen`. */
  last?: [from: number, to: number];
}

/** The same with the stretches that are waited on. */
export type Known = Omit<Silences, "told">;

/** What sorted input has an alert for; `to` is null while it is open. */
export interface Span {
  from: number;
  to: number | null;
}

/** What sorted input makes of what is known. */
export interface Outcome {
  /** Ascending; the first may be the last one before. */
  spans: Span[];
  /** What became of each stretch that is not waited on any more: when that was over, and the alert it belongs to. */
  over: { at: number; span?: Span }[];
  fired: Fired[];
}

/** All that is known of a key, also by a row that keeps the last alert only. */
export function knownOf(state: KeyState): Known {
  const { silences, absence = [], alert, newestMatch, clearedAt } = state;
  const known: Known = silences
    ? { ...silences, runs: [...silences.runs, ...absence] }
    : { runs: absence, resolves: [], fired: [], floor: clearedAt };
  if (!alert) return known;
  const from = Date.parse(alert.startsAt);
  if (!firing(state)) return silences ? known : { ...known, last: [from, Date.parse(alert.endsAt!)] };
  const of = absence[0]?.[1];
  if (of === undefined || known.fired.some((one) => one[0] === of)) return known;
  const at = newestMatch ?? from;
  return { ...known, fired: [...known.fired, [of, at, null]], ...(from < at ? { last: [from, at] } : {}) };
}

/** The last deadline that has fired; ms. */
export function lastFired({ fired }: Known): number {
  return Math.max(Number.NEGATIVE_INFINITY, ...fired.map(([, at, end]) => end ?? at));
}

/** The last match or resolving event; ms. */
export function lastSeen({ runs, resolves }: Known): number {
  return Math.max(runs.at(-1)?.[1] ?? Number.NEGATIVE_INFINITY, resolves.at(-1) ?? Number.NEGATIVE_INFINITY);
}

/** Goes through what is known in order of time; deadlines up to `decided` (ms) have fired. */
export function outcomeOf({ absence, resolve, reopen }: RuleConfig, known: Known, decided: number): Outcome {
  const { runs, resolves, last } = known;
  let span: Span | undefined = last && { from: last[0], to: last[1] };
  const outcome: Outcome = { spans: span ? [span] : [], over: [], fired: [] };
  for (const [index, [, of]] of runs.entries()) {
    const before = known.fired.find((one) => one[0] === of);
    const at = before?.[1] ?? of + absence!.for;
    const next = runs[index + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    const resolved = resolves.find((time) => time > of) ?? Number.POSITIVE_INFINITY;
    const found = Math.min(next, resolved);
    if (found <= at) {
      outcome.over.push({ at: found });
      continue;
    }
    if (!before && at > decided) break;
    const byTime = before?.[2] ?? at + (resolve?.after ?? Number.POSITIVE_INFINITY);
    const isOver = found < Number.POSITIVE_INFINITY || byTime <= decided || before?.[2] != null;
    const to = isOver ? Math.min(found, byTime) : null;
    if (span?.to != null && at - span.to <= (reopen ?? -1)) span.to = to;
    else {
      span = { from: at, to };
      outcome.spans.push(span);
    }
    outcome.fired.push([of, at, to === byTime ? to : null]);
    if (to === null) break;
    outcome.over.push({ at: to, span });
  }
  return outcome;
}

/** Without what lies before `horizon` (ms): that can have no late neighbours any more. */
export function forget(known: Known, { over, fired }: Outcome, horizon: number): Known {
  const recent = over.findIndex(({ at }) => at >= horizon);
  const past = Math.max(recent < 0 ? over.length : recent, over.length - MAX_RUNS);
  const gone = over.slice(0, past);
  const alert = gone.findLast(({ span }) => span);
  const runs = known.runs.slice(past);
  const ends = new Set(runs.map(([, of]) => known.resolves.find((time) => time > of)));
  const excess = known.resolves.length - MAX_RESOLVES;
  const [resolves, old] = [[] as number[], [] as number[]];
  for (const [index, time] of known.resolves.entries()) {
    (ends.has(time) || (time >= horizon && index >= excess) ? resolves : old).push(time);
  }
  const floor = Math.max(known.floor ?? Number.NEGATIVE_INFINITY, gone.at(-1)?.at ?? Number.NEGATIVE_INFINITY, ...old);
  const last: Silences["last"] = alert ? [alert.span!.from, alert.at] : known.last;
  return {
    runs,
    resolves,
    fired: fired.filter(([of]) => runs.some((run) => run[1] === of)),
    floor: floor === Number.NEGATIVE_INFINITY ? null : floor,
    ...(last ? { last } : {}),
  };
}
