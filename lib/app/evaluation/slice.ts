// A slice: some new events of one target, evaluated and committed together with the cursor that has them behind it.
import type { Event } from "../../model/event.ts";
import { iso } from "../../model/iso.ts";
import type { Touch } from "../../rules/compile.ts";
import { live, type Seen } from "../../rules/live.ts";
import { emptyState, type Observed, type Transition } from "../../rules/state.ts";
import { createTurns, mapInTurns } from "../../sources/cloud/turns.ts";
import type { Key } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { type Change, putChanges } from "../groups/transitions.ts";
import { eventsKey, type RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { announce } from "./announce.ts";
import { admitKeys } from "./keys.ts";
import type { OwnProgress, Progress } from "./progress.ts";
import { noteFailures } from "./rule-failures.ts";

/** What is dated further ahead counts as of now; ms. */
const FAR_AHEAD_MS = 3_600_000;

export interface SliceResult {
  transitions: Transition[];
  /** Ids of the groups that now have something due. */
  groups: string[];
  /** Events that at least one rule's `when` matched. */
  matched: number;
}

/**
 * Evaluates the events (ascending) and commits all that follows from them, with what `also` puts. `now` in ms;
 * `round`: the poll round it is part of. Returns undefined, and has done nothing, where it does not fit into one
 * commit: the caller tries fewer. A single event always fits (journal.ts). What `also` throws
 * ends it, and nothing is committed.
 */
export async function commitSlice(
  app: App,
  at: OwnProgress,
  events: readonly Event[],
  progress: Progress,
  also: (unit: Unit, result: SliceResult) => Promise<void>,
  now: number,
  round: string | undefined,
): Promise<SliceResult | undefined> {
  const touched = await mapInTurns(events, (event) => app.rules.touch(datedFor(event, now)));
  const matched = touched.filter(({ touches }) => touches.some((touch) => touch.matches)).length;
  const all = touched.flatMap(({ touches }) => touches);
  const unextracted = touched.flatMap((one) => one.unextracted);
  const keys = all.map(({ pk, sk }): Key => ({ pk, sk }));

  let tooLarge = false;
  const result = await app.transact(async (unit, abandon) => {
    await unit.load(keys);
    const touches = await admitKeys(app, unit, all, now);
    const changes = await evaluate(app, unit, touches, progress, at, now);
    const groups = await putChanges(app, unit, changes, now, round);
    await noteFailures(app, unit, changes, unextracted, now);
    if (events.length > 0) {
      const key = eventsKey(now, at.sourceId, at.target, events[0]!.id);
      unit.create(key, { events }, { expires: now + app.config.history });
    }
    const result: SliceResult = { transitions: changes.flatMap(({ transitions }) => transitions), groups, matched };
    await also(unit, result);
    tooLarge = events.length > 1 && !unit.fits();
    if (tooLarge) abandon();
    return result;
  });
  if (tooLarge) return undefined;
  announce(app, result.transitions);
  return result;
}

/**
 * The event as rules take it: one that is dated far ahead of now (ms) would else be their newest
 * until that day has come.
 */
export function datedFor(event: Event, now: number): Event {
  return Date.parse(event.time) - now > FAR_AHEAD_MS ? { ...event, time: iso(now) } : event;
}

/** What is observed for a rule and key once the slice of one target is committed at `now` (ms). */
export function observed(
  app: App,
  progress: Progress,
  { rule, key }: Pick<Touch, "rule" | "key">,
  at: OwnProgress,
  now: number,
): Observed {
  const since = Math.max(at.since, app.observedSince.get(rule.config.id) ?? 0);
  return { now, readTo: Math.min(now, progress.readTo(rule, key, at)), since };
}

/** What a touch says once the slice of its target is committed. */
export function seenAt(touch: Touch, at: OwnProgress): Seen {
  const teaches = Date.parse(touch.event.time) <= (at.learning ?? 0);
  return { ...touch, teaches, over: at.isOver?.(touch.event) ?? false };
}

async function evaluate(
  app: App,
  unit: Unit,
  touches: readonly Touch[],
  progress: Progress,
  at: OwnProgress,
  now: number,
): Promise<Change[]> {
  const turn = createTurns();
  const changes: Change[] = [];
  for (const own of Map.groupBy(touches, ({ pk, sk }) => `${pk}/${sk}`).values()) {
    await turn();
    const [first] = own as [Touch];
    const before = unit.value<RuleRow>(first)?.state ?? emptyState(first.key);
    const seen = own.map((touch) => seenAt(touch, at));
    changes.push({ rule: first.rule, ...live(first.rule, before, seen, observed(app, progress, first, at, now)) });
  }
  return changes;
}
