// The resource pool APIs of ModelArts: the list of pools and their events.
// https://support.huaweicloud.com/eu/api-modelarts/ListEvents.html
import { readQuery } from "../query.ts";
import { Refusal } from "../refusal.ts";
import type { PoolEvent, PoolRow } from "../shapes.ts";
import type { Selection } from "../timeline.ts";
import { type Answer, type Call, type Handler, windowOf } from "./call.ts";

const INT32 = 2 ** 31 - 1;
/** Marks of pages that are remembered; older ones are refused as a real cluster does after a while. */
const MARKS = 10_000;

/** GET /v2/{project_id}/pools */
export function listPools(call: Call): Answer {
  const query = readQuery(call.query, ["workspaceId", "labelSelector", "status", "parent"]);
  const workspace = query.text("workspaceId") ?? "0";
  const status = query.oneOf("status", ["created", "failed", "creating"]);
  const selector = query.text("labelSelector")?.split(",") ?? [];
  if (selector.some((part) => !part.includes("=")))
    throw new Refusal(400, "Invalid labelSelector: key=value is expected.");
  const subPoolsOf = query.text("parent");
  const items = [...call.world.pools.values()]
    .map(({ row }) => row)
    .filter((row) => row.metadata.labels["os.modelarts/workspace.id"] === workspace && subPoolsOf === undefined)
    .filter((row) => status === undefined || creationOf(row) === status)
    .filter(({ metadata: { labels } }) =>
      selector.every((part) => part === `${part.split("=")[0]}=${labels[part.split("=")[0]!]}`),
    );
  return { body: { kind: "PoolList", apiVersion: "v2", items } };
}

function creationOf({ status: { phase } }: PoolRow): "creating" | "failed" | "created" {
  if (phase === "Creating" || phase === "Waiting") return "creating";
  return phase === "CreationFailed" ? "failed" : "created";
}

/**
 * GET /v1/{project_id}/events. The documents disagree on paging: with `continue` the `offset` is not looked at, and the
 * other way round.
 */
export function createPoolEvents(): Handler {
  const marks = new Map<string, { events: unknown; last: PoolEvent; offset: number }>();

  function resume<T extends PoolEvent>(
    mark: string | undefined,
    events: unknown,
    found: Selection<T>,
    order: "asc" | "desc",
  ): number {
    if (mark === undefined) return 0;
    const known = marks.get(mark);
    if (!known || known.events !== events) throw new Refusal(400, "Invalid parameter continue.");
    const place = found.indexOf(known.last as T, order);
    return place < 0 ? known.offset : place + 1;
  }

  return function listPoolEvents(call) {
    const { name, limit, type, window, order, query } = readEventsQuery(call);
    const pool = call.world.pools.get(name);
    if (!pool) throw new Refusal(404, `Pool ${name} not found.`, "ModelArts.50015001");

    const found = pool.events.select(window, type);
    const byOffset = call.switches.poolPaging === "offset";
    const offset = byOffset
      ? (query.integer("offset") ?? 0)
      : resume(query.text("continue"), pool.events, found, order);
    const items = found.page(offset, limit, order);
    const list = { kind: "EventList", apiVersion: "v1" };
    if (byOffset) return { body: { ...list, items, total: found.total } };
    const left = found.total - offset - items.length;
    if (left <= 0) return { body: { ...list, metadata: {}, items } };
    const mark = call.uuid();
    marks.set(mark, { events: pool.events, last: items.at(-1)!, offset: offset + items.length });
    if (marks.size > MARKS) marks.delete(marks.keys().next().value!);
    return { body: { ...list, metadata: { continue: mark, remainingItemCount: left }, items } };
  };
}

const EVENTS_QUERY = ["resource", "name", "limit", "offset", "continue", "type", "since", "until", "ascend"];

/** What is asked for, but for the place in the pages; throws Refusal. */
function readEventsQuery(call: Call) {
  const query = readQuery(call.query, EVENTS_QUERY);
  if (query.oneOf("resource", ["pools"]) === undefined) throw new Refusal(400, "Parameter resource is missing.");
  const name = query.text("name");
  if (name === undefined) throw new Refusal(400, "Parameter name is missing.");
  const limit = query.integer("limit", { max: 500 }) || 500;
  const type = query.oneOf("type", ["Normal", "Warning"]);
  const unit = call.switches.poolTime === "s" ? 1000 : 1;
  const bounds = unit === 1000 ? { max: INT32 } : {};
  const since = query.integer("since", bounds);
  const until = query.integer("until", bounds);
  const order: "asc" | "desc" = query.oneOf("ascend", ["true", "false"]) === "true" ? "asc" : "desc";
  return { query, name, limit, type, order, window: windowOf(call, since && since * unit, until && until * unit) };
}
