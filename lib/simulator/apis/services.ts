// The service APIs of ModelArts: the list, the events and the update logs of services.
// https://support.huaweicloud.com/en-us/api-modelarts/modelarts_03_0155.html
import { readQuery } from "../query.ts";
import { Refusal } from "../refusal.ts";
import type { ServiceRow } from "../shapes.ts";
import type { SimulatedService } from "../world.ts";
import { type Answer, type Call, firstRecord, windowOf } from "./call.ts";

const STATUSES = [
  "running",
  "deploying",
  "concerning",
  "failed",
  "stopped",
  "finished",
  "stopping",
  "deleting",
  "pending",
  "waiting",
] as const;

/** GET /v1/{project_id}/services */
export function listServices(call: Call): Answer {
  const query = readQuery(call.query, [
    "service_id",
    "service_name",
    "model_id",
    "cluster_id",
    "workspace_id",
    "infer_type",
    "status",
    "offset",
    "limit",
    "sort_by",
    "order",
    "tags",
  ]);
  const limit = query.integer("limit", { min: 1, max: 1000 }) ?? 1000;
  const offset = firstRecord(call.switches.serviceOffset, query.integer("offset") ?? 0, limit);
  const sortBy = query.oneOf("sort_by", ["publish_at", "service_name", "transition_at"]) ?? "publish_at";
  const sign = query.oneOf("order", ["asc", "desc"]) === "asc" ? 1 : -1;
  const wanted: Partial<Record<keyof ServiceRow, string | undefined>> = {
    service_id: query.text("service_id"),
    workspace_id: query.text("workspace_id") ?? "0",
    infer_type: query.oneOf("infer_type", ["real-time", "batch"]),
    status: query.oneOf("status", STATUSES),
  };
  const name = query.text("service_name") ?? "";
  const rows = [...call.world.services.values()]
    .map(({ row }) => row)
    .filter((row) => row.service_name.includes(name))
    .filter((row) =>
      Object.entries(wanted).every(
        ([field, value]) => value === undefined || String(row[field as keyof ServiceRow]) === value,
      ),
    )
    .sort((a, b) => sign * (compare(a[sortBy], b[sortBy]) || compare(a.service_id, b.service_id)));
  const services = rows.slice(offset, offset + limit);
  return { body: { total_count: rows.length, count: services.length, services } };
}

/**
 * GET /v1/{project_id}/services/{service_id}/events; `event_info` and `workspace_id` are known to newer documents only.
 */
export function listServiceEvents(call: Call): Answer {
  const query = readQuery(call.query, [
    "event_type",
    "start_time",
    "end_time",
    "offset",
    "limit",
    "sort_by",
    "order",
    "event_info",
    "workspace_id",
  ]);
  const type = query.oneOf("event_type", ["normal", "abnormal"]);
  const limit = query.integer("limit", { min: 1, max: 1000 }) ?? 1000;
  const offset = firstRecord(call.switches.serviceOffset, query.integer("offset") ?? 0, limit);
  const order = query.oneOf("order", ["asc", "desc"]) ?? "desc";
  query.oneOf("sort_by", ["occur_time"]);
  const window = windowOf(call, query.integer("start_time"), query.integer("end_time"));
  const part = query.text("event_info");
  const { row, events } = serviceOf(call);
  const found = events.select(
    window,
    type,
    part === undefined ? undefined : (event) => event.event_info.includes(part),
  );
  const page = found.page(offset, limit, order);
  return {
    body: {
      service_id: row.service_id,
      service_name: row.service_name,
      count: page.length,
      total_count: found.total,
      events: page,
    },
  };
}

/**
 * GET /v1/{project_id}/services/{service_id}/logs: all of them, newest first, or those of exactly one `update_time`.
 */
export function listServiceUpdates(call: Call): Answer {
  const time = readQuery(call.query, ["update_time"]).integer("update_time");
  const { row, updates } = serviceOf(call);
  const logs = updates.filter((log) => time === undefined || log.update_time === time).toReversed();
  return { body: { service_name: row.service_name, service_id: row.service_id, logs } };
}

function serviceOf(call: Call): SimulatedService {
  const service = call.world.services.get(call.params["service_id"] ?? "");
  if (!service) throw new Refusal(404, "The resource does not exist.");
  return service;
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
