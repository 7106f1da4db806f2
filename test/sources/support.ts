// A scripted cloud for the tests of the sources: the five list APIs with their undocumented habits as
// switches, asked directly or over a real HTTP server; and a poller that commits as the application does, with
// crashes wherever a test wants them.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../lib/model/clock.ts";
import type { Event } from "../../lib/model/event.ts";
import { sourceKinds } from "../../lib/model/source-kinds.ts";
import { type CloudClient, CloudError, type CloudRequest } from "../../lib/sources/cloud/client.ts";
import type { Batch, Cursor, Endpoint, ReadRequest, Scope, Source, Target } from "../../lib/sources/port.ts";
import { advance, isIdle } from "../../lib/sources/reading/cursor.ts";

export interface Habits {
  bounds: "inclusive" | "exclusive";
  /** What an offset (Cloud Eye: `start`) counts. */
  offset: "record" | "page" | "ignored";
  /** The largest page the server gives, whatever is asked. */
  cap: number;
  /** Answers newest first, whatever order is asked. */
  ignoresOrder: boolean;
  ignoresStart: boolean;
  /** Inflated: as if there were more, always by the same number. */
  totals: "number" | "string" | "absent" | "inflated";
  /** Times to the second, as training events show them. */
  shownInSeconds: boolean;
  pool: "continue" | "offset" | "loop";
  since: { unit: "s" | "ms"; by: "first" | "last" };
  detail: boolean;
  /** How long after the list the detail API shows an occurrence; ms. */
  detailLag: number;
}

export const USUAL: Habits = {
  bounds: "inclusive",
  offset: "record",
  cap: 1000,
  ignoresOrder: false,
  ignoresStart: false,
  totals: "number",
  shownInSeconds: false,
  pool: "continue",
  since: { unit: "s", by: "last" },
  detail: true,
  detailLag: 0,
};

/** A row and when the API begins to show it. Times in ms. */
export interface Shown<T = Record<string, unknown>> {
  t: number;
  from: number;
  row: T;
  /** How much longer than others its details take (Cloud Eye). */
  lag?: number;
}

/** A pool item and how it grows: each further occurrence in place. */
export interface Grown {
  times: number[];
  row: Record<string, unknown>;
}

export interface World {
  now: number;
  /** Service or training events. */
  events: Shown[];
  pool: Grown[];
  logs: (now: number) => unknown[];
  /** Rows of the lists of services, pools and training jobs. */
  lists: { services: unknown[]; pools: unknown[]; jobs: unknown[] };
  /** Rows of the detail API. */
  cloudEye: Shown<Record<string, unknown> & { event_id: string; event_name: string; time: number }>[];
}

export interface Cloud extends CloudClient {
  world: World;
  habits: Habits;
  requests: CloudRequest[];
}

export function createCloud(habits: Partial<Habits> = {}, world: Partial<World> = {}): Cloud {
  const cloud: Cloud = {
    world: {
      now: 0,
      events: [],
      pool: [],
      logs: () => [],
      cloudEye: [],
      lists: { services: [], pools: [], jobs: [] },
      ...world,
    },
    habits: { ...USUAL, ...habits },
    requests: [],
    async request(request) {
      cloud.requests.push(request);
      return JSON.parse(JSON.stringify(answer(cloud, request)));
    },
  };
  return cloud;
}

function answer({ world, habits }: Cloud, { path, query = {}, body }: CloudRequest): unknown {
  const { services, pools, jobs } = world.lists;
  const from = (list: unknown[], asked: Record<string, unknown>) =>
    paged(habits, list, Number(asked["offset"]), Number(asked["limit"]));
  if (path === "/v1/{project_id}/services") return { total_count: services.length, services: from(services, query) };
  if (path === "/v2/{project_id}/pools") return { items: pools };
  if (path === "/v2/{project_id}/training-job-searches") {
    return { total: jobs.length, items: from(jobs, body as Record<string, unknown>) };
  }
  const number = (name: string) => (query[name] === undefined ? undefined : Number(query[name]));
  if (path.includes("/services/") && path.endsWith("/logs"))
    return { service_name: "svc", logs: world.logs(world.now) };
  if (path.startsWith("/V1.0/{project_id}/event")) return cloudEye(world, habits, path, query);
  if (path === "/v1/{project_id}/events") return pool(world, habits, query);
  const start = habits.ignoresStart ? undefined : number("start_time");
  const rows = world.events
    .filter(({ from }) => from <= world.now)
    .filter(({ t }) => within(habits, t, start, number("end_time")))
    .sort((a, b) => a.t - b.t);
  if (habits.ignoresOrder || query["order"] === "desc") rows.reverse();
  const page = paged(
    habits,
    rows.map(({ row }) => row),
    number("offset") ?? 0,
    number("limit") ?? 50,
  );
  const total = totalOf(habits, rows.length);
  return path.includes("/training-jobs/") ? { total, limit: 100, events: page } : { total_count: total, events: page };
}

function cloudEye(world: World, habits: Habits, path: string, query: NonNullable<CloudRequest["query"]>): unknown {
  const isDetail = path.includes("/event/");
  const rows = world.cloudEye
    .filter(({ from, lag = 0 }) => from + (isDetail ? habits.detailLag + lag : 0) <= world.now)
    .filter(({ t }) => within(habits, t, Number(query["from"]), Number(query["to"])))
    .sort((a, b) => b.t - a.t)
    .map(({ row }) => row);
  const place = [Number(query["start"]), Number(query["limit"])] as const;
  const name = /\/event\/(.*)$/.exec(path)?.[1];
  if (name !== undefined) {
    if (!habits.detail) throw new CloudError("forbidden", "no permission");
    const found = rows.filter((row) => row.event_name === decodeURIComponent(name));
    return { event_name: name, event_info: paged(habits, found, ...place), meta_data: { total: 10 } };
  }
  const names = [...new Set(rows.map((row) => row.event_name))];
  const list = names.map((event_name) => {
    const found = rows.filter((row) => row.event_name === event_name);
    return { event_name, event_type: "EVENT.SYS", event_count: found.length, latest_occur_time: found[0]!.time };
  });
  return { events: paged(habits, list, ...place), meta_data: { total: 10 } };
}

function pool(world: World, habits: Habits, query: NonNullable<CloudRequest["query"]>): unknown {
  const since = Number(query["since"]) * (habits.since.unit === "s" ? 1000 : 1);
  const items = world.pool
    .map(({ times, row }) => ({ row, times: times.filter((t) => t <= world.now) }))
    .filter(({ times }) => times.length > 0)
    .filter(({ times }) => within(habits, habits.since.by === "first" ? times[0]! : times.at(-1)!, since, undefined))
    .sort((a, b) => a.times.at(-1)! - b.times.at(-1)!)
    .map(({ row, times }) => ({
      ...row,
      firstTimestamp: iso(times[0]!),
      lastTimestamp: iso(times.at(-1)!),
      count: times.length,
    }));
  const limit = Math.min(habits.cap, Number(query["limit"]));
  if (habits.pool === "offset") {
    return { total: totalOf(habits, items.length), items: paged(habits, items, Number(query["offset"] ?? 0), limit) };
  }
  const at = query["continue"] === undefined ? 0 : Number(String(query["continue"]).split("-")[1]);
  if (habits.pool === "loop") return { metadata: { continue: "mark-0" }, items: items.slice(0, limit) };
  const next = at + limit < items.length ? { continue: `mark-${at + limit}` } : {};
  return { metadata: next, items: items.slice(at, at + limit) };
}

function within({ bounds }: Habits, t: number, start: number | undefined, end: number | undefined): boolean {
  if (bounds === "inclusive") return t >= (start ?? t) && t <= (end ?? t);
  return t > (start ?? t - 1) && t < (end ?? t + 1);
}

function paged(habits: Habits, rows: unknown[], offset: number, limit: number): unknown[] {
  const size = Math.min(limit, habits.cap);
  const first = habits.offset === "ignored" ? 0 : habits.offset === "page" ? offset * size : offset;
  return rows.slice(first, first + size);
}

function totalOf({ totals }: Habits, total: number): unknown {
  if (totals === "absent") return undefined;
  return totals === "string" ? String(total) : totals === "inflated" ? total + 17 : total;
}

export function iso(t: number): string {
  return new Date(t).toISOString().replace(".000Z", "Z");
}

/** A service event's row. */
export function serviceRow(t: number, info = "pulling model image", type = "normal") {
  return { occur_time: t, event_type: type, event_info: info };
}

/** As training events are shown: to the second, in another time zone. */
export function trainingRow(t: number, message = "training started.", level = "Info") {
  const shown = new Date(Math.floor(t / 1000) * 1000 + 8 * 3_600_000).toISOString().replace(".000Z", "+08:00");
  return { time: shown, level, message, source: "Task" };
}

export interface Poller {
  cursor: Cursor | undefined;
  lastReadAt: number | undefined;
  emitted: Event[];
  commits: number;
  batches: Batch[];
}

export function createPoller(): Poller {
  return { cursor: undefined, lastReadAt: undefined, emitted: [], commits: 0, batches: [] };
}

export interface PollOptions {
  now: number;
  floor: number;
  lateness?: number;
  every?: number;
  target?: Target;
  levels?: ReadRequest["levels"];
  scope?: Partial<Scope>;
  signal?: AbortSignal;
  /** Events in a commit. */
  slice?: number;
  redact?: (text: string) => string;
  /** The process dies after this many commits of this poll. */
  dieAfter?: number;
}

/** One poll: reads, commits slice by slice through a JSON round trip, and dies where it is told to. */
export async function poll(source: Source, client: CloudClient, poller: Poller, options: PollOptions): Promise<void> {
  const { now, floor, slice = 1000, dieAfter = Number.POSITIVE_INFINITY } = options;
  const lateness = options.lateness ?? sourceKinds[source.kind].lateness;
  const target = options.target ?? { id: "t1" };
  const cursor = poller.cursor;
  const stamp = { sourceId: source.kind, connection: "c", project: "p", region: "eu-de", labels: { env: "test" } };
  const request: ReadRequest = {
    client,
    target,
    cursor,
    floor,
    now,
    lastReadAt: poller.lastReadAt,
    lateness,
    every: options.every ?? 60_000,
    levels: options.levels ?? "all",
    stamp,
    signal: options.signal ?? new AbortController().signal,
    scope: scopeWith(options.scope),
    ...(options.redact && { redact: options.redact }),
  };
  const base = { floor, now, lateness, keepFor: source.keepFor };
  let commits = 0;
  poller.batches = [];
  for await (const batch of source.read(request)) {
    poller.batches.push(batch);
    if (isIdle(poller.cursor, batch)) continue;
    const slices = batch.found.length === 0 ? 1 : Math.ceil(batch.found.length / slice);
    for (let i = 0; i < slices; i++) {
      if (commits === dieAfter) return;
      const part = batch.found.slice(i * slice, (i + 1) * slice);
      const own = part.flatMap(({ mark, progress }) => (progress === undefined ? [mark] : [mark, progress]));
      const { marks, readTo, extra } = batch;
      const step = i === slices - 1 ? { ...base, marks: [...own, ...marks], readTo, extra } : { ...base, marks: own };
      poller.cursor = JSON.parse(JSON.stringify(advance(poller.cursor, step)));
      poller.emitted.push(...part.map(({ event }) => event));
      commits++;
      poller.commits++;
    }
  }
  poller.lastReadAt = now;
}

/** A source that watches whatever there is, in the default workspace, and down means down at once. */
export function scopeWith(more: Partial<Scope> = {}): Scope {
  const probe = { timeout: 1_000, failures: 1, certificate: 14 * 86_400_000 };
  return { workspaces: ["0"], named: [], pick: (target) => target, probe, endpoints: async () => [], ...more };
}

/** An endpoint as the application gives it to a check. */
export function endpointAt(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return { target: { id: "ocr" }, url, method: "GET", header: {}, ...more };
}

/** Real time for waits of no length, so that retries are instant; what was waited for is on record. */
export function testClock(now: number): Clock & { time: number; waits: number[] } {
  const clock = {
    time: now,
    waits: [] as number[],
    now: () => clock.time,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      clock.waits.push(ms);
      clock.time += ms;
    },
  };
  return clock;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface TestServer {
  url: string;
  /** What was asked: method, path and headers. */
  requests: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
  close(): Promise<void>;
}

/** A real server whose answers the test scripts. */
export async function serve(handler: Handler): Promise<TestServer> {
  const requests: TestServer["requests"] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      handler(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
