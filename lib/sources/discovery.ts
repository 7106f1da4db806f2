// Finds what there is: every service, pool or training job of every configured workspace, all pages.
// Invariant: a list that cannot be read whole is an error, never a shorter list; one bad row is left out.
import * as z from "zod";
import type { Redactor } from "../model/redactor.ts";
import { segmentProblem } from "../model/segment.ts";
import { type SourceKind, type SourceKindFacts, sourceKinds } from "../model/source-kinds.ts";
import type { CloudClient } from "./cloud/client.ts";
import { mapInTurns } from "./cloud/turns.ts";
import { matchesGlob } from "./glob.ts";
import type { Target } from "./port.ts";
import { Time } from "./reading/item.ts";
import { listOf } from "./reading/list.ts";
import { readAll, Total } from "./reading/paging.ts";

export interface DiscoveryOptions {
  /** Each is asked for by itself: without an id the APIs list the default workspace alone. */
  workspaces: readonly string[];
  /** What a project-wide source polls. */
  projectId: string;
  signal?: AbortSignal;
  /** Replaces every configured secret in the names that the API gave; default: none is known. */
  redact?: Redactor["redact"];
}

const ENDED = new Set(["completed", "failed", "terminated", "abnormal"]);
const SERVICES = 1000;
const JOBS = 50;
/** The longest id that can name a row of the store; the clouds give no others. */
const MAX_ID_BYTES = 512;
const MAX_WORD = 200;
/** Rows of a list that are looked at in one turn. */
const ROWS_AT_ONCE = 500;

const Instant = Time.optional().catch(undefined);
const Head = z.looseObject({ total_count: Total, total: Total });
const Word = z.string().optional().catch(undefined);
const Service = z.looseObject({ service_id: z.string(), service_name: Word, status: Word, publish_at: Instant });
const Pool = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.unknown()).optional().catch(undefined),
    creationTimestamp: Instant,
  }),
  status: z.looseObject({ phase: Word }).optional().catch(undefined),
});
const Seconds = z.number().positive().optional().catch(undefined);
const Job = z.looseObject({
  metadata: z.looseObject({ id: z.string(), name: Word, create_time: Instant }),
  status: z
    .looseObject({
      phase: Word,
      start_time: Instant,
      duration: Instant,
      running_records: z
        .array(z.looseObject({ end_at: Seconds }).catch({}))
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/** The targets of a kind, each id once. Throws CloudError. */
export async function discover(kind: SourceKind, client: CloudClient, options: DiscoveryOptions): Promise<Target[]> {
  const { lists } = sourceKinds[kind];
  if (lists === null) return [{ id: options.projectId }];
  const kept = (target: Target | undefined) => target && keptOf(target, options.redact);
  return (await listAll(lists, client, options, kept)).filter((target) => target !== undefined);
}

/** The target as it is kept: a state's word may be any text. */
function keptOf(target: Target, redact: DiscoveryOptions["redact"]): Target {
  return target.status === undefined ? target : { ...target, status: wordOf(target.status, redact) };
}

/**
 * What `keep` makes of each row of a list, in all workspaces, as soon as its page is there: of the target that the row
 * names, with its state as the API wrote it, undefined for a bad row, and of the row. Each id once, as it was last
 * shown. Throws CloudError.
 */
export async function listAll<T>(
  lists: List,
  client: CloudClient,
  options: Pick<DiscoveryOptions, "workspaces" | "signal" | "redact">,
  keep: (target: Target | undefined, row: unknown) => T,
): Promise<T[]> {
  const good = new Map<string, T>();
  const bad: T[] = [];
  for (const workspace of options.workspaces) {
    const rows = await LISTS[lists](client, workspace, options, (target, row) => {
      return { id: target?.id, kept: keep(target && { ...target, workspace }, row) };
    });
    for (const { id, kept } of rows) {
      if (id === undefined) bad.push(kept);
      else good.set(id, kept);
    }
  }
  return [...good.values(), ...bad];
}

type List = NonNullable<SourceKindFacts["lists"]>;

/** Only these states (any case) and names (`*` and `?` as in a shell; of the display name). */
interface Filter {
  status?: string[] | undefined;
  name?: string | undefined;
}

/** Whether a discovered target passes the filter; without one all do. */
export function isWanted(target: Target, filter: Filter | undefined): boolean {
  const states = filter?.status?.map((state) => state.toLowerCase());
  if (states !== undefined && !states.includes(target.status?.toLowerCase() ?? "")) return false;
  return filter?.name === undefined || matchesGlob(filter.name, target.name ?? target.id);
}

type Lister = <T>(
  client: CloudClient,
  workspace: string,
  options: Pick<DiscoveryOptions, "signal" | "redact">,
  keep: (target: Target | undefined, row: unknown) => T,
) => Promise<T[]>;

const listServices: Lister = async (client, workspace, { signal, redact }, keep) => {
  return readAll(async (offset) => {
    const answer = await client.request({
      service: "modelarts",
      path: "/v1/{project_id}/services",
      // Oldest first: what is published meanwhile shifts nothing.
      query: { workspace_id: workspace, offset, limit: SERVICES, sort_by: "publish_at", order: "asc" },
      ...(signal && { signal }),
    });
    const list = listOf(answer, "services", Head, "services", SERVICES);
    const rows = await parse(Service, list.rows, redact, keep, ({ service_id, service_name, status, publish_at }) => {
      return { id: service_id, name: service_name, status, createdAt: publish_at };
    });
    return { rows, total: list.head.total_count };
  }, SERVICES);
};

const listPools: Lister = async (client, workspace, { signal, redact }, keep) => {
  const answer = await client.request({
    service: "modelarts",
    path: "/v2/{project_id}/pools",
    query: { workspaceId: workspace },
    ...(signal && { signal }),
  });
  return parse(Pool, listOf(answer, "items", Head, "pools").rows, redact, keep, ({ metadata, status }) => {
    const name = metadata.labels?.["os.modelarts/name"];
    const shown = typeof name === "string" && name !== "" ? name : undefined;
    return { id: metadata.name, name: shown, status: status?.phase, createdAt: metadata.creationTimestamp };
  });
};

const listJobs: Lister = async (client, workspace, { signal, redact }, keep) => {
  return readAll(async (offset) => {
    const answer = await client.request({
      service: "modelarts",
      method: "POST",
      path: "/v2/{project_id}/training-job-searches",
      body: { offset, limit: JOBS, sort_by: "create_time", order: "asc", workspace_id: workspace },
      ...(signal && { signal }),
    });
    const list = listOf(answer, "items", Head, "training jobs", JOBS);
    const rows = await parse(Job, list.rows, redact, keep, ({ metadata, status }) => {
      const ended = ENDED.has(status?.phase?.toLowerCase() ?? "") || undefined;
      const { id, name, create_time } = metadata;
      return { id, name, status: status?.phase, createdAt: create_time, ended, endedAt: ended && endOf(status) };
    });
    return { rows, total: list.head.total };
  }, JOBS);
};

const LISTS = { services: listServices, pools: listPools, "training-jobs": listJobs };

/** ms; the later of what the job's own times and the records of its runs say. */
function endOf(status: z.infer<typeof Job>["status"]): number | undefined {
  const { start_time, duration, running_records = [] } = status ?? {};
  const ends = running_records.map(({ end_at }) => (end_at ?? 0) * 1000);
  if (start_time && duration !== undefined) ends.push(start_time + duration);
  const end = Math.max(0, ...ends);
  return end === 0 ? undefined : end;
}

/** What is kept of the target of each row: undefined for a bad one. */
async function parse<R, T>(
  schema: z.ZodType<R>,
  rows: unknown[],
  redact: Redactor["redact"] = (text) => text,
  keep: (target: Target | undefined, row: unknown) => T,
  make: (row: R) => Fields,
): Promise<T[]> {
  const targetOf = (row: unknown) => {
    const parsed = schema.safeParse(row);
    if (!parsed.success) return undefined;
    const { id, name, status, ...rest } = make(parsed.data);
    // An id that could lead to another path is no id.
    // One that is a secret would stand in every key.
    if (segmentProblem(id) !== undefined || Buffer.byteLength(id) > MAX_ID_BYTES || redact(id) !== id) return undefined;
    return defined({ id, name: name ? wordOf(name, redact) : undefined, status, ...rest });
  };
  return mapInTurns(rows, (row) => keep(targetOf(row), row), ROWS_AT_ONCE);
}

/** The text without what `redact` knows, and then no more than its beginning. */
function wordOf(text: string, redact: Redactor["redact"] = (known) => known): string {
  const clean = redact(text, MAX_WORD + 1);
  if (clean.length <= MAX_WORD) return clean;
  // A part of a text holds all of it in memory, unless it is made anew.
  return Buffer.from(clean.slice(0, MAX_WORD)).toString();
}

type Fields = { [name in keyof Target]?: Target[name] | undefined } & { id: string };

function defined(target: Fields): Target {
  return Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined)) as unknown as Target;
}
