// Cloud Eye's list of events: one row an event name, with a count and a newest time that are
// relative to the asked window.
// https://support.huaweicloud.com/api-ces/ces_03_0074.html
import * as z from "zod";
import { mapInTurns } from "../cloud/turns.ts";
import type { Cursor, ReadRequest } from "../port.ts";
import { type BadItem, parseItem, Time, Whole } from "../reading/item.ts";
import { listOf } from "../reading/list.ts";
import { decodeMarks, encodeMarks, fingerprint } from "../reading/marks.ts";
import { type Listing, readList } from "../reading/paging.ts";

const LIMIT = 100;

const Answer = z.looseObject({});
const ListRow = z.looseObject({
  event_name: z.string().min(1),
  event_type: z.string().default("EVENT.SYS"),
  event_count: Whole,
  latest_occur_time: Time,
  latest_event_source: z.string().nullish(),
});

export interface Row {
  ok: true;
  fp: string;
  name: string;
  type: string;
  source: string | undefined;
  count: number;
  /** The newest occurrence. ms */
  t: number;
  raw: unknown;
}

/** What is known of a row within the window that starts at `Known.from`. */
export interface KnownRow {
  fp: string;
  /** ms */
  t: number;
  count: number;
  /** How many of these were emitted or are believed to have been. */
  emitted: number;
  /**
   * How often its details were asked for and held fewer occurrences than the row counts; 0 where no more are expected.
   */
  tries: number;
  /** When the first time was; ms. */
  since: number;
  /** Of those emitted, some were emitted as numbers: there were no details. */
  blind: boolean;
}

export interface Known {
  /** ms */
  from: number;
  rows: Map<string, KnownRow>;
}

export interface RowList extends Pick<Listing, "broken"> {
  rows: Map<string, Row>;
  bad: BadItem[];
}

/** All rows of the window; rows of one name and type are one. Throws CloudError. */
export async function listRows({ client, signal }: ReadRequest, from: number, to: number): Promise<RowList> {
  const list = await readList(async (start) => {
    const answer = await client.request({
      service: "ces",
      path: "/V1.0/{project_id}/events",
      query: { from: from - 1, to, start, limit: LIMIT },
      signal,
    });
    // The documents' own example has three rows and a total of ten: a short page is the end.
    return { rows: listOf(answer, "events", Answer, "Cloud Eye events", LIMIT).rows, total: undefined };
  }, LIMIT);
  const rows = new Map<string, Row>();
  const bad: BadItem[] = [];
  for (const row of await mapInTurns(list.rows, parseRow)) {
    if (row.ok) rows.set(row.fp, mergeRows(rows.get(row.fp), row));
    else bad.push(row);
  }
  return { ...list, rows, bad };
}

/** What a cursor remembers of the rows; without any, nothing from the window's start on. */
export function knownRows(cursor: Cursor | undefined, from: number): Known {
  const extra = Extra.safeParse(cursor?.extra);
  if (!extra.success) return { from, rows: new Map() };
  const rows = [...decodeMarks(extra.data.rows).values()].map(({ fp, t, v }): KnownRow => {
    const [count = 0, emitted = count, tries = 0, since = 0, blind = 0] = typeof v === "number" ? [v] : v.map(Number);
    return { fp, t, count, emitted, tries, since, blind: blind === 1 };
  });
  return { from: extra.data.from, rows: new Map(rows.map((row) => [row.fp, row])) };
}

/** The same as a cursor keeps it. */
export function packRows({ from, rows }: Known): Record<string, unknown> {
  const marks = [...rows.values()].map(({ fp, t, count, emitted, tries, since, blind }) => {
    return { fp, t, v: tries === 0 && !blind ? count : [count, emitted, tries, since, blind ? 1 : 0] };
  });
  return { from, rows: encodeMarks(marks) };
}

const Extra = z.object({ from: z.number(), rows: z.string() });

function parseRow(raw: unknown): Row | BadItem {
  return parseItem(ListRow, raw, "latest_occur_time", (row) => ({
    ok: true,
    fp: fingerprint([row.event_type, row.event_name]),
    name: row.event_name,
    type: row.event_type,
    source: row.latest_event_source ?? undefined,
    count: row.event_count,
    t: row.latest_occur_time,
    raw,
  }));
}

function mergeRows(a: Row | undefined, b: Row): Row {
  if (a === undefined) return b;
  const newest = a.t > b.t ? a : b;
  return { ...newest, count: a.count + b.count };
}
