// The training job APIs of ModelArts: the search for jobs and the events of one.
// https://support.huaweicloud.com/intl/en-us/api-modelarts/ListTrainingJobs.html
import { lookup } from "../../model/lookup.ts";
import { readQuery } from "../query.ts";
import { Refusal } from "../refusal.ts";
import { beijingSeconds, type JobRow } from "../shapes.ts";
import { type Answer, type Call, firstRecord, jsonBody, windowOf } from "./call.ts";

/** GET /v2/{project_id}/training-jobs/{training_job_id}/events */
export function listTrainingEvents(call: Call): Answer {
  const query = readQuery(call.query, [
    "offset",
    "limit",
    "order",
    "start_time",
    "end_time",
    "level",
    "pattern",
    "source",
  ]);
  const offset = query.integer("offset") ?? 0;
  const limit = query.integer("limit", { min: 1, max: 100 }) ?? 50;
  const order = query.oneOf("order", ["asc", "desc"]) ?? "desc";
  const level = query.oneOf("level", ["Info", "Error", "Warning"]);
  const source = query.oneOf("source", ["K8S", "Job", "Task"])?.toLowerCase();
  const pattern = query.text("pattern");
  if (pattern !== undefined && pattern.length > 256)
    throw new Refusal(400, "Invalid parameter pattern: at most 256 characters.");
  const [start, end] = [query.integer("start_time"), query.integer("end_time")];
  if ((start === undefined) !== (end === undefined))
    throw new Refusal(400, "start_time and end_time must be passed together.");
  const language = call.headers["x-language"];
  if (language !== undefined && language !== "en-us" && language !== "zh-cn")
    throw new Refusal(400, "Invalid header X-Language.");
  const job = call.world.jobs.get(call.params["training_job_id"] ?? "");
  // 400, not 404: https://support.huaweicloud.com/eu/api-modelarts/modelarts_03_0095.html (ModelArts.2775).
  if (!job) throw new Refusal(400, "The training job does not exist.", "ModelArts.2775");

  const window = windowOf(call, start && wholeSecond(start), end && wholeSecond(end));
  const narrow = source !== undefined || pattern !== undefined;
  const found = job.events.select(
    window,
    level,
    narrow
      ? (event) =>
          event.message.includes(pattern ?? "") && (source === undefined || event.source.toLowerCase() === source)
      : undefined,
  );
  const times =
    start !== undefined && end !== undefined
      ? { start_time: beijingSeconds(start), end_time: beijingSeconds(end) }
      : {};
  return { body: { total: found.total, limit, offset, order, ...times, events: found.page(offset, limit, order) } };
}

function wholeSecond(time: number): number {
  return time - (time % 1000);
}

const FIELDS: Record<string, (row: JobRow) => string> = {
  name: (row) => row.metadata.name,
  create_time: (row) => String(row.metadata.create_time),
  phase: (row) => row.status.phase,
  algorithm_name: () => "",
  kind: (row) => row.kind,
  user_id: (row) => row.metadata.user_name,
  runtime_type: () => "",
};
const OPERATORS: Record<string, (field: string, values: readonly string[]) => boolean> = {
  between: (field, [from, to]) => Number(field) >= Number(from) && Number(field) <= Number(to),
  like: (field, values) => values.some((value) => field.includes(value)),
  in: (field, values) => values.includes(field),
  not: (field, values) => !values.includes(field),
};

/** POST /v2/{project_id}/training-job-searches */
export function searchTrainingJobs(call: Call): Answer {
  const body = jsonBody(call);
  const limit = wholeNumber(body["limit"], "limit", 1, 50) ?? 50;
  const offset = wholeNumber(body["offset"], "offset", 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const order = word(body["order"], "order", ["asc", "desc"]) ?? "desc";
  const sortBy = word(body["sort_by"], "sort_by", ["create_time"]) ?? "create_time";
  const workspace = String(body["workspace_id"] ?? "0");
  const filters = filtersOf(body["filters"] ?? []);
  const sign = order === "asc" ? 1 : -1;
  const rows = [...call.world.jobs.values()]
    .map(({ row }) => row)
    .filter((row) => row.metadata.workspace_id === workspace && filters.every((matches) => matches(row)))
    .sort(
      (a, b) => sign * (a.metadata.create_time - b.metadata.create_time || (a.metadata.id < b.metadata.id ? -1 : 1)),
    );
  const first = firstRecord(call.switches.jobOffset, offset, limit);
  const items = rows.slice(first, first + limit);
  return {
    body: {
      total: rows.length,
      count: items.length,
      limit,
      offset,
      sort_by: sortBy,
      order,
      group_by: String(body["group_by"] ?? ""),
      workspace_id: workspace,
      ai_project: "default-ai-project",
      items,
    },
  };
}

/** Filters with nothing but blank values do not filter, as in the documented example. */
function filtersOf(value: unknown): ((row: JobRow) => boolean)[] {
  if (!Array.isArray(value)) throw new Refusal(400, "filters must be a list.");
  return value.flatMap((filter: { key?: unknown; operator?: unknown; value?: unknown } | null) => {
    const field = lookup(FIELDS, String(filter?.key));
    if (!field) throw new Refusal(400, "The filter key is not supported.", "ModelArts.2807");
    const operator = lookup(OPERATORS, String(filter?.operator));
    if (!operator) throw new Refusal(400, "The filter operator is not supported.", "ModelArts.2808");
    const values = filter?.value;
    if (!Array.isArray(values) || !values.every((item) => typeof item === "string")) {
      throw new Refusal(400, "The filter value is not supported.", "ModelArts.2809");
    }
    const given = values.filter((item) => item !== "");
    return given.length === 0 ? [] : [(row: JobRow) => operator(field(row), given)];
  });
}

function wholeNumber(value: unknown, name: string, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw new Refusal(400, `Invalid parameter ${name}: an integer from ${min} to ${max} is expected.`);
}

function word(value: unknown, name: string, words: readonly string[]): string | undefined {
  if (value === undefined || (typeof value === "string" && words.includes(value))) return value;
  throw new Refusal(400, `Invalid parameter ${name}: one of ${words.join(", ")} is expected.`);
}
