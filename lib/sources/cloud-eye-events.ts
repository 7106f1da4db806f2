// Events of Cloud Eye, system and custom: the list says which names have new ones, the detail API which those are.
// Counts are relative to the asked window, so only lists that start at the same instant are compared; that instant moves at
// most hourly, and only between two equal answers. Identity of an event: event_id, else all its fields.
import { catalogued, readDetails } from "./cloud-eye-detail.ts";
import { type Known, type KnownRow, knownRows, listRows, packRows, type Row } from "./cloud-eye-rows.ts";
import { openWindow, type Window } from "./cursor.ts";
import { buildEvent } from "./event.ts";
import { eventId, fingerprint } from "./marks.ts";
import type { Batch, Found, Mark, ReadRequest, Source } from "./port.ts";
import { byTime, type Sifted, sift } from "./sift.ts";

/** Custom events may be dated ten minutes ahead; clocks may be off. */
const AHEAD_MS = 3_600_000;
const MOVE_MS = 3_600_000;
/** A row that counts more than its details hold is asked for this often before its count is believed. */
const MAX_TRIES = 5;

export const cloudEyeEvents: Source = {
  kind: "cloud-eye-events",
  lateness: 4_200_000,
  keepFor: 0,
  resourceType: "project",
  projectWide: true,
  read,
};

async function* read(request: ReadRequest): AsyncGenerator<Batch> {
  const window = openWindow(request);
  const known = knownRows(request.cursor, window.from);
  const to = request.now + AHEAD_MS;
  const list = await listRows(request, known.from, to);
  const changed = [...list.rows.values()].filter((row) => !isKnown(row, known.rows.get(row.fp)));
  const results = await Promise.allSettled(changed.map((row) => readRow(request, window, known, row, to)));
  const news = results.filter((result) => result.status === "fulfilled").map(({ value }) => value);
  const failed = results.find((result) => result.status === "rejected");

  // Nothing is proven to have been read further until every row and, where it is time, the window are settled.
  const behind = { readTo: request.cursor?.from ?? request.floor, complete: false };
  const finished = { readTo: request.now, complete: true };
  const sighted = news.filter((row) => row.sighted.length > 0);
  if (sighted.length > 0) {
    const rows = withRows(
      known,
      sighted.map(({ row }) => ({ ...known.rows.get(row.fp)!, blind: false })),
    );
    yield { ...nothing(), marks: sighted.flatMap((row) => row.sighted), ...behind, extra: packRows(rows) };
  }
  const after = withRows(
    known,
    news.map(({ row }) => row),
  );
  const sifted = merge([sift(request, "cloud-eye-events", window, list.bad), ...news.map((row) => row.sifted)]);
  sifted.stats.fetched += list.rows.size - changed.length;
  sifted.stats.seen += list.rows.size - changed.length;
  const start = Math.max(window.floor, request.now - request.lateness);
  const due = failed === undefined && start - known.from > MOVE_MS;
  const extra = news.length > 0 || request.cursor?.extra === undefined ? { extra: packRows(after) } : {};
  yield { ...sifted, ...(due || failed ? behind : finished), ...extra };
  if (failed !== undefined) throw failed.reason;
  if (!due) return;
  // By itself, so that one commit takes the new start and the counts that belong to it.
  const moved = await moveWindow(request, after, list.rows, start, to);
  yield { ...nothing(), ...finished, ...(moved === undefined ? {} : { extra: packRows(moved) }) };
}

function isKnown(row: Row, known: KnownRow | undefined): boolean {
  return known !== undefined && known.count === row.count && known.t === row.t;
}

interface RowNews {
  row: KnownRow;
  sifted: Sifted;
  /** Occurrences that were told as numbers before there were details, now known by their ids: remembered before all else. */
  sighted: Mark[];
}

async function readRow(request: ReadRequest, window: Window, known: Known, row: Row, to: number): Promise<RowNews> {
  const before = known.rows.get(row.fp);
  const details = await readDetails(request, row, known.from, to);
  if (details === undefined) return blindNews(request, window, known, row);
  const { fp, t, count } = row;
  const tries = (before?.tries ?? 0) + 1;
  const short = details.length < count && tries <= MAX_TRIES;
  const sifted = sift(request, "cloud-eye-events", window, details);
  const told = before?.blind ? Math.max(0, before.count - sifted.stats.seen) : 0;
  return {
    row: short ? { fp, t, count: details.length, tries, blind: false } : { fp, t, count, tries: 0, blind: false },
    sifted: { ...sifted, found: sifted.found.slice(told) },
    sighted: sifted.found.slice(0, told).map(({ mark }) => mark),
  };
}

/** Without details: one event for all that the row counts more than when it was last compared. */
function blindNews(request: ReadRequest, window: Window, known: Known, row: Row): RowNews {
  const before = known.rows.get(row.fp);
  // A crash between this event's commit and that of the row must not tell it again.
  const fp = fingerprint(["row", known.from, row.type, row.name]);
  const mark = window.seen.get(fp);
  const told = Math.max(before?.count ?? 0, typeof mark?.v === "number" ? mark.v : 0);
  const newest = Math.max(before?.t ?? 0, mark?.t ?? 0);
  const grown = row.count > told ? row.count - told : row.t > newest ? 1 : 0;
  const found = grown === 0 ? [] : [blindEvent(request, row, known.from, told, grown, { fp, t: row.t, v: row.count })];
  return {
    row: { fp: row.fp, t: row.t, count: row.count, tries: 0, blind: true },
    sifted: { found, marks: [], stats: { fetched: 1, seen: 1 - found.length, malformed: 0 }, malformed: [] },
    sighted: [],
  };
}

function blindEvent(request: ReadRequest, row: Row, from: number, told: number, count: number, mark: Mark): Found {
  const { stamp, target } = request;
  const { level, title } = catalogued(row.name);
  const fields = [row.type, row.name, from, told, row.count, row.t];
  const event = buildEvent(request, "cloud-eye-events", {
    id: eventId("cloud-eye-events", stamp.region, stamp.project, target.id, fields, 0),
    t: row.t,
    count,
    level,
    type: row.type,
    reason: row.name,
    message: count === 1 ? title : `${title} (${count} occurrences)`,
    resource: { type: "project", id: target.id, name: target.name ?? target.id },
    raw: row.raw,
  });
  return { event, mark };
}

/**
 * The counts of a window that starts later: asked between two equal answers of the old window, so that nothing in them is new.
 * Undefined when something came in between or is not settled: the next poll tries again.
 */
async function moveWindow(
  request: ReadRequest,
  known: Known,
  rows: Map<string, Row>,
  from: number,
  to: number,
): Promise<Known | undefined> {
  const settled = (shown: Map<string, Row>) => [...shown.values()].every((row) => isKnown(row, known.rows.get(row.fp)));
  if (!settled(rows)) return undefined;
  const later = await listRows(request, from, to);
  const again = await listRows(request, known.from, to);
  if (again.rows.size !== rows.size || !settled(again.rows)) return undefined;
  const moved = [...later.rows.values()].map(({ fp, t, count }): KnownRow => {
    return { fp, t, count, tries: 0, blind: known.rows.get(fp)?.blind ?? false };
  });
  return { from, rows: new Map(moved.map((row) => [row.fp, row])) };
}

function withRows({ from, rows }: Known, more: KnownRow[]): Known {
  return { from, rows: new Map([...rows, ...more.map((row) => [row.fp, row] as const)]) };
}

function nothing(): Sifted {
  return { found: [], marks: [], stats: { fetched: 0, seen: 0, malformed: 0 }, malformed: [] };
}

function merge(parts: Sifted[]): Sifted {
  const sum = (pick: (stats: Sifted["stats"]) => number) => parts.reduce((total, part) => total + pick(part.stats), 0);
  return {
    found: byTime(parts.flatMap((part) => part.found)),
    marks: parts.flatMap((part) => part.marks),
    stats: { fetched: sum((s) => s.fetched), seen: sum((s) => s.seen), malformed: sum((s) => s.malformed) },
    malformed: parts.flatMap((part) => part.malformed),
  };
}
