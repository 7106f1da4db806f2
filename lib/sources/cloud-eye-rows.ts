// Cloud Eye's list of events: one row an event name, with a count and a newest time that are relative to the asked window.
// https://support.huaweicloud.com/api-ces/ces_03_0074.html
import * as z from "zod";
import { type BadItem, parseItem, Time, Whole } from "./item.ts";
import { listOf } from "./list.ts";
import { decodeMarks, encodeMarks, fingerprint } from "./marks.ts";
import { readAll } from "./paging.ts";
import type { Cursor, ReadRequest } from "./port.ts";

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
  /** How often its details were asked for and held fewer occurrences than the row counts. */
  tries: number;
  /** Its occurrences were told as differences: it had no details to ask for. */
  blind: boolean;
}

export interface Known {
  /** ms */
  from: number;
  rows: Map<string, KnownRow>;
}

/** All rows of the window; rows of one name and type are one. Throws CloudError. */
export async function listRows(
  { client, signal }: ReadRequest,
  from: number,
  to: number,
): Promise<{ rows: Map<string, Row>; bad: BadItem[] }> {
  const all = await readAll(async (start) => {
    const answer = await client.request({
      service: "ces",
      path: "/V1.0/{project_id}/events",
      query: { from: from - 1, to, start, limit: LIMIT },
      signal,
    });
    // The documents' own example has three rows and a total of ten: a short page is the end.
    return { rows: listOf(answer, "events", Answer, "Cloud Eye events").rows, total: undefined };
  }, LIMIT);
  const rows = new Map<string, Row>();
  const bad: BadItem[] = [];
  for (const row of all.map(parseRow)) {
    if (row.ok) rows.set(row.fp, mergeRows(rows.get(row.fp), row));
    else bad.push(row);
  }
  return { rows, bad };
}

/** What a cursor remembers of the rows; without any, nothing from the window's start on. */
export function knownRows(cursor: Cursor | undefined, from: number): Known {
  const extra = Extra.safeParse(cursor?.extra);
  if (!extra.success) return { from, rows: new Map() };
  const rows = [...decodeMarks(extra.data.rows).values()].map(({ fp, t, v }): KnownRow => {
    const [count = 0, tries = 0, blind = 0] = typeof v === "number" ? [v] : v.map(Number);
    return { fp, t, count, tries, blind: blind === 1 };
  });
  return { from: extra.data.from, rows: new Map(rows.map((row) => [row.fp, row])) };
}

/** The same as a cursor keeps it. */
export function packRows({ from, rows }: Known): Record<string, unknown> {
  const marks = [...rows.values()].map(({ fp, t, count, tries, blind }) => {
    return { fp, t, v: tries === 0 && !blind ? count : [count, tries, blind ? 1 : 0] };
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
