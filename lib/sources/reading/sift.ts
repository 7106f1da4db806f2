// Tells new items of an append-only list from those seen before: by a multiset of fingerprints, so that events equal in
// every field each count. Invariant: an event's ordinal is how many equals were ever seen before
// it, never a place in a page.
import type { SourceKind } from "../../model/source-kinds.ts";
import { createTurns } from "../cloud/turns.ts";
import type { Batch, Found, Mark, ReadRequest } from "../port.ts";
import type { Window } from "./cursor.ts";
import { buildEvent } from "./event.ts";
import type { BadItem, Item } from "./item.ts";
import { eventId, fingerprint } from "./marks.ts";
import { rawText } from "./scrub.ts";

const MAX_REASON = 200;

export type Sifted = Pick<Batch, "found" | "marks" | "stats" | "malformed">;

/** What is found among so many items, before the first of them is looked at. */
export function emptySifted(fetched = 0): Sifted {
  return { found: [], marks: [], stats: { fetched, seen: 0, malformed: 0 }, malformed: [] };
}

/**
 * The new ones among the items, by time; all items of a timestamp must be there at once. A malformed
 * item is reported when it is first seen and then remembered like any other (in `window` too, where it
 * has no time and may come up again).
 */
export async function sift(
  request: ReadRequest,
  kind: SourceKind,
  window: Window,
  items: (Item | BadItem)[],
): Promise<Sifted> {
  const sifted = emptySifted(items.length);
  const tally = new Map<string, number>();
  const turn = createTurns();
  for (const item of items.toSorted((a, b) => (a.t ?? 0) - (b.t ?? 0))) {
    await turn();
    if (!isOurs(item.t, window)) {
      sifted.stats.seen++;
      continue;
    }
    if (!item.ok) {
      siftBad(request, window, item, tally, sifted);
      continue;
    }
    const fp = fingerprint(item.identity);
    const nth = count(tally, fp);
    if (nth <= seenOf(window.seen.get(fp))) {
      sifted.stats.seen++;
      continue;
    }
    sifted.found.push({ event: eventOf(request, kind, item, nth - 1), mark: { fp, t: item.t, v: nth } });
  }
  return sifted;
}

/** Reports a malformed item that was not seen before; one without a time is remembered once, however often it comes. */
export function siftBad(
  request: ReadRequest,
  window: Window,
  item: BadItem,
  tally: Map<string, number>,
  into: Sifted,
): void {
  const raw = rawText(item.raw);
  const fp = fingerprint(["malformed", raw]);
  const nth = item.t === undefined ? 1 : count(tally, fp);
  if (nth <= seenOf(window.seen.get(fp))) {
    into.stats.seen++;
    return;
  }
  const mark: Mark = { fp, t: item.t ?? request.now, v: nth };
  into.marks.push(mark);
  const { redact = (text: string) => text } = request;
  into.malformed.push({ reason: redact(item.reason, MAX_REASON).slice(0, MAX_REASON), raw: rawText(item.raw, redact) });
  into.stats.malformed++;
  if (item.t === undefined) window.seen.set(fp, mark);
}

/** Whether the window covers an item of this time; one without a time is ours while the API shows it. */
export function isOurs(t: number | undefined, window: Window): boolean {
  return t === undefined || (t >= window.from && t >= window.floor);
}

/** By time; those of one time stay in the order in which they were found. */
export function byTime(found: Found[]): Found[] {
  return found.toSorted((a, b) => (a.event.time < b.event.time ? -1 : a.event.time > b.event.time ? 1 : 0));
}

function eventOf(request: ReadRequest, kind: SourceKind, item: Item, ordinal: number) {
  const { region, project } = request.stamp;
  const id = eventId(kind, region, project, request.target.id, item.identity, ordinal);
  return buildEvent(request, kind, { ...item, id, count: 1 });
}

function seenOf(mark: Mark | undefined): number {
  return typeof mark?.v === "number" ? mark.v : 0;
}

function count(tally: Map<string, number>, fp: string): number {
  const nth = (tally.get(fp) ?? 0) + 1;
  tally.set(fp, nth);
  return nth;
}
