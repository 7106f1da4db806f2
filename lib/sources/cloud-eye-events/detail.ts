// The occurrences behind a row of Cloud Eye's list: GET /V1.0/{project_id}/event/{event_name}, each with an event_id.
// https://support.huaweicloud.com/api-ces/ces_03_0075.html
import * as z from "zod";
import type { Level } from "../../model/source-kinds.ts";
import { CloudError } from "../cloud/client.ts";
import { nameSegment } from "../cloud/path.ts";
import { mapInTurns } from "../cloud/turns.ts";
import type { ReadRequest } from "../port.ts";
import { type BadItem, type Item, levelOf, parseItem, Time } from "../reading/item.ts";
import { listOf } from "../reading/list.ts";
import { type Listing, readList } from "../reading/paging.ts";
import levels from "./levels.json" with { type: "json" };
import type { Row } from "./rows.ts";

const LIMIT = 100;
const MAX_CONTENT = 300;
const LEVELS = {
  critical: "critical",
  major: "error",
  minor: "warning",
  info: "normal",
  informational: "normal",
} as const;
/** Level and title of the system events the vendor documents. */
const CATALOGUE = new Map(Object.entries(levels as unknown as Record<string, [Level, string]>));

const Text = z.string().nullish().catch(undefined);
const Detail = z.looseObject({
  content: Text,
  resource_id: Text,
  resource_name: Text,
  event_level: Text,
});
const CloudEyeEvent = z.looseObject({
  event_id: z.string().min(1).nullish(),
  event_name: z.string().nullish(),
  event_source: Text,
  time: Time,
  detail: Detail.nullish(),
});

export interface Details extends Pick<Listing, "broken"> {
  items: (Item | BadItem)[];
}

/**
 * All occurrences of a row's event in the window, none of other names. Undefined where the API will not give them
 * (missing permission, a region without it, a name it does not take). Throws other CloudErrors.
 */
export async function readDetails(
  request: ReadRequest,
  row: Row,
  from: number,
  to: number,
): Promise<Details | undefined> {
  const { client, signal } = request;
  try {
    const { rows, ...rest } = await readList(async (start) => {
      const answer = await client.request({
        service: "ces",
        path: `/V1.0/{project_id}/event/${nameSegment(row.name)}`,
        query: { event_type: row.type, from: from - 1, to, start, limit: LIMIT },
        signal,
      });
      const { rows } = listOf(answer, "event_info", z.looseObject({}), "occurrences of a Cloud Eye event", LIMIT);
      return { rows, total: undefined };
    }, LIMIT);
    const items = await mapInTurns(rows, (raw) => parseDetail(request, row, raw));
    return { items: items.filter((item) => !item.ok || item.reason === row.name), ...rest };
  } catch (error) {
    const kind = error instanceof CloudError ? error.kind : undefined;
    if (kind === "forbidden" || kind === "not-found" || kind === "bad-request") return undefined;
    throw error;
  }
}

/** The level that the vendor documents for an event, and its title. */
export function catalogued(name: string): { level: Level; title: string } {
  const [level, title] = CATALOGUE.get(name) ?? ["warning", name];
  return { level, title };
}

function parseDetail({ target, redact = (text) => text }: ReadRequest, row: Row, raw: unknown): Item | BadItem {
  return parseItem(CloudEyeEvent, raw, "time", ({ event_id, event_name, event_source, time, detail }) => {
    const name = event_name ?? row.name;
    const { level, title } = catalogued(name);
    const project = { type: "project", id: target.id, name: target.name || target.id };
    const id = detail?.resource_id || detail?.resource_name;
    const resource = id ? { type: event_source || "resource", id, name: detail?.resource_name || id } : project;
    return {
      ok: true,
      t: time,
      identity: event_id ? ["id", event_id] : ["raw", raw],
      level: detail?.event_level ? levelOf(detail.event_level, LEVELS) : level,
      type: row.type,
      reason: name,
      message: messageOf(title, id ? resource.name : undefined, redact(detail?.content ?? "", MAX_CONTENT + 1)),
      resource,
      raw,
    };
  });
}

/** The title, where it happened, and what was said; JSON is for machines and stays in the event's data. */
function messageOf(title: string, place: string | undefined, content: string): string {
  const said = /^\s*([[{]|$)/.test(content) ? "" : `: ${content.slice(0, MAX_CONTENT)}`;
  return `${place === undefined ? title : `${title.replace(/\.$/, "")} (${place})`}${said}`;
}
