// A slice: some new events of one target, evaluated and committed together with the cursor that has them behind it.
import type { Event } from "../../model/event.ts";
import { iso } from "../../model/iso.ts";
import type { Touch } from "../../rules/compile.ts";
import { live, type Seen } from "../../rules/live.ts";
import { emptyState, type Observed, type Transition } from "../../rules/state.ts";
import { createTurns, mapInTurns } from "../../sources/cloud/turns.ts";
import { rowId } from "../../store/ops.ts";
import type { Key } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { type Change, putChanges } from "../groups/transitions.ts";
import { eventsKey, type RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { announce } from "./announce.ts";
import { type Admitted, admitKeys, countAnew, countKeys } from "./keys.ts";
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
  /** The last row of a rule that has seen the event, where others have not yet. */
  after?: string | undefined;
}

/**
 * Evaluates the events (ascending) and commits all that follows from them, with what `also` puts. `now` in ms;
 * `round`: the poll round it is part of. Returns undefined, and has done nothing, where it does not fit into one
 * commit: the caller tries fewer. Of a single event it commits what some rules make of it, as many as fit: those whose
 * rows come behind `from` in order. What `also` throws ends it, and nothing is committed.
 */
export async function commitSlice(
  app: App,
  at: OwnProgress,
  events: readonly Event[],
  progress: Progress,
  also: (unit: Unit, result: SliceResult) => Promise<void>,
  now: number,
  round: string | undefined,
  from?: string,
): Promise<SliceResult | undefined> {
  const touched = await mapInTurns(events, (event) => app.rules.touch(datedFor(event, now)));
  const matched = touched.filter(({ touches }) => touches.some((touch) => touch.matches)).length;
  const unextracted = from === undefined ? touched.flatMap((one) => one.unextracted) : [];
  const touches = touched.flatMap((one) => one.touches);
  const rows = [...Map.groupBy(events.length === 1 ? behind(touches, from) : touches, rowId).values()];
  const staying = new Set(touches.map(rowId));

  async function commit(count: number): Promise<SliceResult | undefined> {
    const some = rows.slice(0, count).flat();
    const after = count < rows.length ? rowId(some.at(-1)!) : undefined;
    let tooLarge = false;
    let admitted: Admitted = { touches: [], keys: new Map(), uncounted: new Map() };
    const result = await app.transact(async (unit, abandon) => {
      await unit.load(some.map(({ pk, sk }): Key => ({ pk, sk })));
      admitted = await admitKeys(app, unit, some, now);
      if (admitted.uncounted.size > 0) return abandon();
      const changes = await evaluate(app, unit, admitted.touches, progress, at, now);
      const groups = await putChanges(app, unit, changes, now, round);
      await noteFailures(app, unit, changes, unextracted, now);
      if (events.length > 0 && from === undefined) {
        const key = eventsKey(now, at.sourceId, at.target, events[0]!.id);
        unit.create(key, { events }, { expires: now + app.config.history });
      }
      const result: SliceResult = {
        transitions: changes.flatMap(({ transitions }) => transitions),
        groups,
        matched,
        after,
      };
      await also(unit, result);
      tooLarge = (events.length > 1 || count > 1) && !unit.fits();
      if (tooLarge) abandon();
      return result;
    });
    if (result === undefined) {
      await countAnew(app, admitted.uncounted, staying, now);
      return commit(count);
    }
    if (tooLarge) return events.length > 1 ? undefined : commit(count >> 1);
    countKeys(app, admitted);
    return result;
  }
  const result = await commit(rows.length);
  if (result === undefined) return undefined;
  announce(app, result.transitions);
  return result;
}

/** What one event touches, in the order of the rows, behind the one given. */
function behind(touches: readonly Touch[], from: string | undefined): Touch[] {
  const rest = touches.filter((touch) => from === undefined || rowId(touch) > from);
  return rest.sort((a, b) => (rowId(a) < rowId(b) ? -1 : 1));
}

/**
 * The event as rules take it: one that is dated far ahead of now (ms) would else be their newest
 * until that day has come.
 */
export function datedFor(event: Event, now: number): Event {
  return Date.parse(event.time) - now > FAR_AHEAD_MS ? { ...event, time: iso(now) } : event;
}

/** What is observed for a rule and key once the slice of one target is committed at `now` (ms). */
export async function observed(
  app: App,
  progress: Progress,
  { rule, key }: Pick<Touch, "rule" | "key">,
  at: OwnProgress,
  now: number,
): Promise<Observed> {
  const since = Math.max(at.since, app.observedSince.get(rule.config.id) ?? 0);
  return { now, readTo: Math.min(now, await progress.readTo(rule, key, at)), since };
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
    const row = unit.value<RuleRow>(first);
    const isUnmatched = (row === undefined || row.unmatched === true) && !own.some(({ matches }) => matches);
    const seen = own.map((touch) => seenAt(touch, at));
    const observation = await observed(app, progress, first, at, now);
    const step = live(first.rule, row?.state ?? emptyState(first.key), seen, observation);
    changes.push({ rule: first.rule, ...step, isUnmatched });
  }
  return changes;
}
