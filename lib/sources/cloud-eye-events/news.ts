// What is new about one row of Cloud Eye's list: occurrences by their details, or by number where there are none. Pure.
import type { Found, Mark, ReadRequest } from "../port.ts";
import type { Window } from "../reading/cursor.ts";
import { buildEvent } from "../reading/event.ts";
import type { BadItem, Item } from "../reading/item.ts";
import { eventId, fingerprint } from "../reading/marks.ts";
import { type Sifted, sift } from "../reading/sift.ts";
import { catalogued, type Details } from "./detail.ts";
import type { Known, KnownRow, Row } from "./rows.ts";

/**
 * Details lag behind the list: where they are fewer than counted they are asked for again, so long
 * after the first time; ms.
 */
const ASKED_AGAIN_MS = [120_000, 600_000];

export interface RowNews {
  /**
   * What is known of the row from now on; undefined: as before, since there may be more details
   * than the API would give.
   */
  row: KnownRow | undefined;
  sifted: Sifted;
  /**
   * Occurrences that were emitted as numbers before there were details, now known by their ids:
   * remembered before all else.
   */
  sighted: Mark[];
}

/**
 * Whether the details of a row are to be asked for: it changed, or held more than its details when
 * they were last asked for.
 */
export function isDue(row: Row, known: KnownRow | undefined, now: number): boolean {
  if (!isUnchanged(row, known)) return true;
  return known.tries > 0 && now >= known.since + ASKED_AGAIN_MS[known.tries - 1]!;
}

/** Whether nothing more is expected of a row. */
export function isSettled(row: Row, known: KnownRow | undefined): boolean {
  return isUnchanged(row, known) && known.tries === 0;
}

function isUnchanged(row: Row, known: KnownRow | undefined): known is KnownRow {
  return known !== undefined && known.count === row.count && known.t === row.t;
}

/**
 * `details` as the API gave them, undefined where it does not; `ids` holds the event ids of this
 * read's other rows, and gets these.
 */
export async function newsOf(
  request: ReadRequest,
  window: Window,
  known: Known,
  row: Row,
  details: Details | undefined,
  ids: Set<unknown>,
): Promise<RowNews> {
  if (details === undefined) return blindNews(request, window, known, row);
  const { fp, t, count } = row;
  const before = known.rows.get(fp);
  const items = unique(details.items, ids);
  const again = isUnchanged(row, before) ? before : undefined;
  const tries = (again?.tries ?? 0) + 1;
  const lagging = items.length < count && tries <= ASKED_AGAIN_MS.length;
  // They never came: better a number than nothing.
  if (!lagging && items.length === 0 && details.broken === undefined) return blindNews(request, window, known, row);
  const sifted = await sift(request, "cloud-eye-events", window, items);
  // A crash may have come between an event emitted as a number and the row that says so.
  const numbered = numberOf(window.seen.get(emittedFp("row", known, row)));
  const emitted = Math.max(before?.emitted ?? 0, numbered);
  const blind = before?.blind === true || numbered > (before?.emitted ?? 0);
  const counted = blind ? Math.max(0, emitted - sifted.stats.seen) : 0;
  const next = { fp, t, count, blind: blind && items.length < emitted };
  const waiting = { ...next, emitted: Math.max(emitted, items.length), tries, since: again?.since ?? request.now };
  const found = withProgress(sifted.found.slice(counted), sifted.stats.seen + counted, known, row);
  const rest = lagging || details.broken !== undefined ? 0 : count - waiting.emitted;
  if (rest > 0) found.push(restOf(request, known, row, waiting.emitted, rest));
  const settled = { ...next, emitted: count, tries: 0, since: 0, blind: next.blind || rest > 0 };
  return {
    row: details.broken === undefined ? (lagging ? waiting : settled) : undefined,
    sifted: { ...sifted, found },
    sighted: sifted.found.slice(0, counted).map(({ mark }) => mark),
  };
}

/** The occurrences whose details never came, beside others whose did: one event with their number. */
function restOf(request: ReadRequest, known: Known, row: Row, emitted: number, count: number): Found {
  const mark = { fp: emittedFp("row", known, row), t: row.t, v: row.count };
  return blindEvent(request, row, known.from, emitted, count, mark);
}

/** Without details: one event for all that the row counts more than what was emitted. */
function blindNews(request: ReadRequest, window: Window, known: Known, row: Row): RowNews {
  const before = known.rows.get(row.fp);
  // A crash between an event's commit and that of the row must not emit it again.
  const fp = emittedFp("row", known, row);
  const mark = window.seen.get(fp);
  const byIds = window.seen.get(emittedFp("ids", known, row));
  const emitted = Math.max(before?.emitted ?? 0, numberOf(mark), numberOf(byIds));
  const newest = Math.max(before?.t ?? 0, mark?.t ?? 0, byIds?.t ?? 0);
  const grown = row.count > emitted ? row.count - emitted : row.t > newest ? 1 : 0;
  const found =
    grown === 0 ? [] : [blindEvent(request, row, known.from, emitted, grown, { fp, t: row.t, v: row.count })];
  return {
    row: { fp: row.fp, t: row.t, count: row.count, emitted: row.count, tries: 0, since: 0, blind: true },
    sifted: { found, marks: [], stats: { fetched: 1, seen: 1 - found.length, malformed: 0 }, malformed: [] },
    sighted: [],
  };
}

/**
 * Names what is remembered beside events until their row is: how many of it were emitted, as numbers or by their ids.
 */
function emittedFp(how: "row" | "ids", { from }: Known, { type, name }: Row): string {
  return fingerprint([how, from, type, name]);
}

function numberOf(mark: { v?: unknown } | undefined): number {
  return typeof mark?.v === "number" ? mark.v : 0;
}

/** Each occurrence with how many of its row are emitted once it is: a read may be cut short between two of them. */
function withProgress(found: readonly Found[], before: number, known: Known, row: Row): Found[] {
  const fp = emittedFp("ids", known, row);
  return found.map((one, index) => ({ ...one, progress: { fp, t: row.t, v: before + index + 1 } }));
}

function blindEvent(request: ReadRequest, row: Row, from: number, emitted: number, count: number, mark: Mark): Found {
  const { stamp, target } = request;
  const { level, title } = catalogued(row.name);
  const fields = [row.type, row.name, from, emitted, row.count, row.t];
  const event = buildEvent(request, "cloud-eye-events", {
    id: eventId("cloud-eye-events", stamp.region, stamp.project, target.id, fields, 0),
    t: row.t,
    count,
    level,
    type: row.type,
    reason: row.name,
    message: count === 1 ? title : `${title} (${count} occurrences)`,
    resource: { type: "project", id: target.id, name: target.name || target.id },
    raw: row.raw,
  });
  return { event, mark };
}

/** Each event id once: arrivals while paging, or a careless server, may show an occurrence twice. */
function unique(items: (Item | BadItem)[], ids: Set<unknown>): (Item | BadItem)[] {
  return items.filter((item) => {
    if (!item.ok || item.identity[0] !== "id") return true;
    const again = ids.has(item.identity[1]);
    ids.add(item.identity[1]);
    return !again;
  });
}
