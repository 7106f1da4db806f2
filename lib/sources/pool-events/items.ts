// What is new among a pool's items: unseen ones, and what seen ones grew by. Invariant: an occurrence counts once,
// whatever the item it is part of looked like before; a slice's marks hold exactly what its events have said.
import { setImmediate } from "node:timers/promises";
import * as z from "zod";
import { levelOfWord } from "../../model/source-kinds.ts";
import { createTurns } from "../cloud/turns.ts";
import type { Mark, ReadRequest } from "../port.ts";
import type { Window } from "../reading/cursor.ts";
import { buildEvent } from "../reading/event.ts";
import { type BadItem, type Parts, parseItem, Time, Whole } from "../reading/item.ts";
import { eventId, fingerprint } from "../reading/marks.ts";
import { byTime, emptySifted, isOurs, type Sifted, siftBad } from "../reading/sift.ts";
import { applyChange, type Change, compareTotals, packTotals, type Totals, unpackTotals } from "./totals.ts";

const PoolEvent = z
  .looseObject({
    type: z.string(),
    reason: z.string().nullish(),
    message: z.string(),
    firstTimestamp: Time.nullish(),
    lastTimestamp: Time.nullish(),
    count: Whole.nullish(),
  })
  .refine((item) => (item.lastTimestamp ?? item.firstTimestamp ?? undefined) !== undefined, {
    path: ["lastTimestamp"],
    message: "neither it nor firstTimestamp is there",
  });

/** Items equal in every identifying field that are told apart; beyond so many they are counted together. */
const MAX_TWINS = 200;
/** Ends the mark of those that are counted together. */
const SUMMED = "+";

export interface PoolItem extends Totals, Parts {
  ok: true;
  t: number;
  /** ms */
  first: number;
  fp: string;
  identity: readonly unknown[];
  raw: unknown;
}

/** Understands one item of the answer. */
export function parsePoolItem({ target }: ReadRequest, raw: unknown): PoolItem | BadItem {
  return parseItem(PoolEvent, raw, "lastTimestamp", (item) => {
    const first = item.firstTimestamp ?? item.lastTimestamp!;
    const last = Math.max(first, item.lastTimestamp ?? first);
    const identity = [item.type, item.reason ?? null, item.message, first];
    return {
      ok: true,
      t: last,
      first,
      last,
      count: item.count ?? 1,
      fp: fingerprint(identity),
      identity,
      level: levelOfWord("pool-events", item.type),
      type: item.type,
      reason: item.reason ?? null,
      message: item.message,
      resource: { type: "pool", id: target.id, name: target.name || target.id },
      raw,
    };
  });
}

/** What is new among all items of a read, by time. */
export async function siftPoolItems(
  request: ReadRequest,
  window: Window,
  items: (PoolItem | BadItem)[],
): Promise<Sifted> {
  const sifted = emptySifted(items.length);
  const tally = new Map<string, number>();
  const groups = new Map<string, PoolItem[]>();
  const turn = createTurns();
  for (const item of items) {
    await turn();
    if (item.ok) {
      const group = groups.get(item.fp);
      if (group) group.push(item);
      else groups.set(item.fp, [item]);
    } else if (isOurs(item.t, window)) siftBad(request, window, item, tally, sifted);
    else sifted.stats.seen++;
  }
  for (const [fp, group] of groups) {
    const isCrowd = group.length > MAX_TWINS || isSummed(window.seen.get(fp)?.v);
    if (isCrowd) siftCrowd(request, window, fp, group, sifted);
    else siftGroup(request, window, fp, group, sifted);
    // What a group costs grows with the square of its size.
    await (group.length > 1 ? setImmediate() : turn());
  }
  return { ...sifted, found: byTime(sifted.found) };
}

function siftGroup(request: ReadRequest, window: Window, fp: string, group: PoolItem[], into: Sifted): void {
  let seen = unpackTotals(window.seen.get(fp)?.v);
  const mark = (): Mark => ({ fp, t: Math.max(...seen.map(({ last }) => last)), v: packTotals(seen) });
  const changes = compareTotals(group, seen);
  const news = changes.filter(({ item, before }) => before !== undefined || isOurs(item.t, window));
  into.stats.seen += group.length - news.length;
  if (request.cursor === undefined && news.length < changes.length) {
    // Older than the floor and not ours, but should they grow, only their growth is.
    for (const change of changes) if (!news.includes(change)) seen = applyChange(seen, change);
    if (news.length === 0) into.marks.push(mark());
  }
  for (const change of news) {
    const after = applyChange(seen, change);
    const event = eventOf(request, window, change, seen, after);
    seen = after;
    into.found.push({ event, mark: mark() });
  }
}

/**
 * Too many twins to tell apart: they are one item, whose occurrences are those of all. So it stays
 * while it is remembered.
 */
function siftCrowd(request: ReadRequest, window: Window, fp: string, group: PoolItem[], into: Sifted): void {
  const mark = window.seen.get(fp);
  const seen = sumOf(unpackTotals(mark?.v));
  const shown = sumOf(group);
  // Those that the API shows no more may be as many as are new.
  const newer = group.filter(({ last }) => last > seen.last).length;
  const grown = shown.count > seen.count ? shown.count - seen.count : newer;
  const isNew = mark === undefined;
  const after: Totals = { count: Math.max(shown.count, seen.count), last: Math.max(shown.last, seen.last) };
  const next: Mark = { fp, t: after.last, v: [...packTotals([after]), SUMMED] };
  into.stats.seen += group.length - 1;
  if (grown === 0 || (isNew && !isOurs(shown.last, window))) {
    into.stats.seen++;
    if (isNew && request.cursor === undefined) into.marks.push(next);
    return;
  }
  const item = { ...group[0]!, t: shown.last, last: shown.last };
  const before = isNew ? undefined : seen;
  const event = eventOf(request, window, { item, before, grown }, isNew ? [] : [seen], [after]);
  into.found.push({ event, mark: next });
}

function isSummed(value: Mark["v"] | undefined): boolean {
  return typeof value === "object" && value.at(-1) === SUMMED;
}

function sumOf(totals: readonly Totals[]): Totals {
  const sum = { count: 0, last: 0 };
  for (const { count, last } of totals) {
    sum.count += count;
    sum.last = Math.max(sum.last, last);
  }
  return sum;
}

/**
 * `seen` and `after`: the totals of the item and its twins, which never come to be the same again: a
 * twin shown late is told apart.
 */
function eventOf(request: ReadRequest, window: Window, change: Change<PoolItem>, seen: Totals[], after: Totals[]) {
  const { item, before, grown } = change;
  const { region, project } = request.stamp;
  const fields = [...item.identity, packTotals(seen), packTotals(after)];
  const id = eventId("pool-events", region, project, request.target.id, fields, 0);
  // First seen, though it began before the window: how many of its occurrences came since nobody
  // can say, but the last did.
  const count = before === undefined && item.first < window.from ? 1 : grown;
  return buildEvent(request, "pool-events", { ...item, id, count });
}
