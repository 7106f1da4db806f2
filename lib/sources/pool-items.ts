// What is new among a pool's items: unseen ones, and what seen ones grew by. Invariant: an occurrence counts once, whatever
// the item it is part of looked like before; a slice's marks hold exactly what its events have told.
import * as z from "zod";
import type { Window } from "./cursor.ts";
import { buildEvent } from "./event.ts";
import { type BadItem, levelOf, type Parts, parseItem, Time, Whole } from "./item.ts";
import { eventId, fingerprint } from "./marks.ts";
import type { Mark, ReadRequest } from "./port.ts";
import { byTime, isOurs, type Sifted, siftBad } from "./sift.ts";
import { applyChange, type Change, compareTotals, packTotals, type Totals, unpackTotals } from "./totals.ts";

const LEVELS = { normal: "normal", warning: "warning" } as const;

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
      level: levelOf(item.type, LEVELS),
      type: item.type,
      reason: item.reason ?? null,
      message: item.message,
      resource: { type: "pool", id: target.id, name: target.name ?? target.id },
      raw,
    };
  });
}

/** What is new among all items of a read, by time. */
export function siftPoolItems(request: ReadRequest, window: Window, items: (PoolItem | BadItem)[]): Sifted {
  const sifted: Sifted = {
    found: [],
    marks: [],
    stats: { fetched: items.length, seen: 0, malformed: 0 },
    malformed: [],
  };
  const tally = new Map<string, number>();
  const groups = new Map<string, PoolItem[]>();
  for (const item of items) {
    if (item.ok) groups.set(item.fp, [...(groups.get(item.fp) ?? []), item]);
    else if (isOurs(item.t, window)) siftBad(request, window, item, tally, sifted);
    else sifted.stats.seen++;
  }
  for (const [fp, group] of groups) siftGroup(request, window, fp, group, sifted);
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

/** `seen` and `after`: the totals of the item and its twins, which never come to be the same again: a twin shown late is told apart. */
function eventOf(request: ReadRequest, window: Window, change: Change<PoolItem>, seen: Totals[], after: Totals[]) {
  const { item, before, grown } = change;
  const { region, project } = request.stamp;
  const fields = [...item.identity, packTotals(seen), packTotals(after)];
  const id = eventId("pool-events", region, project, request.target.id, fields, 0);
  // First seen, though it began before the window: how many of its occurrences came since nobody can say, but the last did.
  const count = before === undefined && item.first < window.from ? 1 : grown;
  return buildEvent(request, "pool-events", { ...item, id, count });
}
