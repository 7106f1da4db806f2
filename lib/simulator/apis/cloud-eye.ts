// The event APIs of Cloud Eye: one row per event name, and the occurrences behind a row.
// https://support.huaweicloud.com/api-ces/ces_03_0074.html and ces_03_0075.html
import { type Query, readQuery } from "../query.ts";
import { Refusal } from "../refusal.ts";
import type { CloudEyeEvent } from "../shapes.ts";
import type { Window } from "../timeline.ts";
import { type Answer, type Call, firstRecord } from "./call.ts";

const DAY = 86_400_000;
const TYPES = ["EVENT.SYS", "EVENT.CUSTOM"] as const;
const SUB_TYPES = ["SUB_EVENT.OPS", "SUB_EVENT.PLAN", "SUB_EVENT.CUSTOM"] as const;

/** GET /V1.0/{project_id}/events: counts within the asked window; newest row first. */
export function listCloudEyeEvents(call: Call): Answer {
  const query = readQuery(call.query, ["event_type", "event_name", "from", "to", "start", "limit", "sub_event_type"]);
  const type = query.oneOf("event_type", TYPES);
  const name = query.text("event_name");
  query.oneOf("sub_event_type", SUB_TYPES);
  const { first, limit } = pageOf(call, query);
  const window = dayOf(call, query);
  const rows = [...call.world.cloudEye]
    .flatMap(([key, timeline]) => {
      const space = key.indexOf(" ");
      const eventType = key.slice(0, space);
      const eventName = key.slice(space + 1);
      if ((type ?? eventType) !== eventType || (name ?? eventName) !== eventName) return [];
      const found = timeline.select(window);
      const latest = found.page(0, 1, "desc")[0];
      if (!latest) return [];
      return {
        event_name: eventName,
        event_type: eventType,
        event_count: found.total,
        latest_occur_time: latest.time,
        latest_event_source: latest.event_source,
      };
    })
    .sort((a, b) => b.latest_occur_time - a.latest_occur_time);
  return { body: { events: rows.slice(first, first + limit), meta_data: { total: rows.length } } };
}

/** GET /V1.0/{project_id}/event/{event_name}: newest first. */
export function showCloudEyeEvent(call: Call): Answer {
  if (call.switches.cloudEyeDetail === "absent") {
    throw new Refusal(404, "The API does not exist or has not been published in the environment.", "APIGW.0101", true);
  }
  const query = readQuery(call.query, [
    "event_type",
    "event_source",
    "event_level",
    "event_user",
    "event_state",
    "sub_event_type",
    "from",
    "to",
    "start",
    "limit",
  ]);
  const type = query.oneOf("event_type", TYPES);
  if (type === undefined) throw new Refusal(400, "Parameter event_type is missing.");
  const level = query.oneOf("event_level", ["Critical", "Major", "Minor", "Info"]);
  const state = query.oneOf("event_state", ["normal", "warning", "incident"]);
  const [source, user] = [query.text("event_source"), query.text("event_user")];
  query.oneOf("sub_event_type", SUB_TYPES);
  const { first, limit } = pageOf(call, query);
  const window = dayOf(call, query);
  const name = call.params["event_name"] ?? "";
  const where = ({ event_source, detail }: CloudEyeEvent) =>
    (source ?? event_source) === event_source &&
    (level ?? detail.event_level) === detail.event_level &&
    (state ?? detail.event_state) === detail.event_state &&
    (user ?? detail.event_user) === detail.event_user;
  const narrow = [level, state, source, user].some((filter) => filter !== undefined);
  const found = call.world.cloudEye.get(`${type} ${name}`)?.select(window, undefined, narrow ? where : undefined);
  const page = found?.page(first, limit, "desc") ?? [];
  return {
    body: {
      event_name: name,
      event_type: type,
      event_users: [...new Set(page.map((event) => event.detail.event_user))],
      event_sources: [...new Set(page.map((event) => event.event_source))],
      event_info: page,
      meta_data: { total: found?.total ?? 0 },
    },
  };
}

function pageOf(call: Call, query: Query): { first: number; limit: number } {
  const limit = query.integer("limit", { min: 1, max: 100 }) ?? 100;
  return { first: firstRecord(call.switches.cloudEyeStart, query.integer("start") ?? 0, limit), limit };
}

/** The last day unless `from` and `to` say otherwise: both in ms with 13 digits, and `from` before `to`. */
function dayOf(call: Call, query: Query): Window {
  const bounds = { min: 1_111_111_111_111, max: 9_999_999_999_999 };
  const to = query.integer("to", bounds) ?? call.now;
  const from = query.integer("from", bounds) ?? to - DAY;
  if (from >= to) throw new Refusal(400, "from must be smaller than to.");
  return { from, to, exclusive: call.switches.bounds === "exclusive" };
}
