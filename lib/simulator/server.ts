// The simulated cloud on one port: ModelArts, Cloud Eye and IAM as documented, for demonstrations, tests and trying out
// rules. Nothing happens by itself: the world moves up to the clock's now whenever it is asked.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../model/clock.ts";
import { answer, refused } from "./answering.ts";
import type { Answer, Call } from "./apis/call.ts";
import { type Auth, type Credentials, createAuth, DEMO_CREDENTIALS } from "./auth.ts";
import { createFaults, type Fault, type Faults } from "./faults.ts";
import { createRandom, type Random } from "./random.ts";
import { Refusal } from "./refusal.ts";
import { createRoutes, findRoute, type Route } from "./routes.ts";
import { HISTORY, playDay } from "./scenario/day.ts";
import { DOCUMENTED, type RouteName, type Switches } from "./switches.ts";
import { orderedError, readBody, send } from "./wire.ts";
import { createWorld, type World } from "./world.ts";

const REMEMBERED_REQUESTS = 1000;
const NOT_PUBLISHED = new Refusal(
  404,
  "The API does not exist or has not been published in the environment.",
  "APIGW.0101",
  true,
);

export interface SimulatorOptions {
  clock: Clock;
  /** 0, the default: any free port. */
  port?: number;
  host?: string;
  /** The same seed, speed and clock give the same day. */
  seed?: number;
  /** How much faster than in life the gaps between incidents pass; 60: an hour's incidents in a minute. */
  speed?: number;
  /** A project with incidents, or an empty one to be filled by hand. */
  scenario?: "day" | "empty";
  switches?: Partial<Switches>;
  faults?: readonly Fault[];
  credentials?: Partial<Credentials>;
  /** Is given each request as it comes. */
  watch?: (request: SeenRequest) => void;
}

interface SeenRequest {
  route: RouteName | undefined;
  method: string;
  /** Path and query. */
  url: string;
  /** 0 where the connection was reset. */
  status: number;
}

export interface Simulator {
  url: string;
  port: number;
  credentials: Credentials;
  /** To look at and to change by hand; brought up to the clock's now. */
  readonly world: World;
  /** How many requests each call has had. */
  requests: Record<RouteName, number>;
  /** The newest thousand, oldest first. */
  seen: SeenRequest[];
  /** Every token that was issued. */
  issued: readonly string[];
  setFaults(faults: readonly Fault[]): void;
  setSwitches(switches: Partial<Switches>): void;
  /** How many requests were refused for their credentials (401). */
  readonly refusals: number;
  /** The credentials before, and every token, are revoked: these are accepted from now on. */
  rotate(credentials: Partial<Credentials>): void;
  close(): Promise<void>;
}

/** What answers requests. */
interface Cloud {
  clock: Clock;
  credentials: Credentials;
  switches: Switches;
  world: World;
  auth: Auth;
  faults: Faults;
  routes: readonly Route[];
  ids: Random;
  requests: Record<RouteName, number>;
  seen: SeenRequest[];
  watch: (request: SeenRequest) => void;
  issued: string[];
  refusals: number;
  closing: AbortController;
  /** Known once it listens. */
  url: string;
}

/** Listens when it resolves; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, port = 0, host = "127.0.0.1" } = options;
  const cloud = createCloud(options);
  const { credentials, switches, world, auth, faults, requests, seen, issued } = cloud;
  const server = createServer((request, response) => {
    // A request that was broken off, or is still slow while the simulator closes, has nobody to tell.
    handle(cloud, request, response).catch(() => request.destroy());
  });
  const bound = await listen(server, port, host);
  cloud.url = `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  return {
    url: cloud.url,
    port: bound,
    credentials,
    get world() {
      world.advance(clock.now());
      return world;
    },
    requests,
    seen,
    issued,
    setFaults: faults.set,
    setSwitches: (changes) => void Object.assign(switches, changes),
    get refusals() {
      return cloud.refusals;
    },
    rotate: auth.rotate,
    async close() {
      cloud.closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function createCloud(options: SimulatorOptions): Cloud {
  const { clock, seed = 1, speed = 60, scenario = "day" } = options;
  const random = createRandom(seed);
  const credentials: Credentials = { ...DEMO_CREDENTIALS, ...options.credentials };
  const switches: Switches = { ...DOCUMENTED, ...options.switches };
  const auth = createAuth(credentials, random.fork("tokens"));
  const faults = createFaults(random.fork("faults"));
  faults.set(options.faults ?? []);
  const ids = random.fork("ids");
  const routes = createRoutes();
  const requests = Object.fromEntries(routes.map((route) => [route.name, 0])) as Record<RouteName, number>;
  const day = scenario === "day";
  const world = createWorld(clock.now() - (day ? HISTORY : 0), credentials.projectId);
  if (day) playDay({ world, random: random.fork("day"), speed, switches });
  const { watch = () => {} } = options;
  const counted = { watch, requests, seen: [], issued: [], refusals: 0 };
  const closing = new AbortController();
  return { clock, credentials, switches, world, auth, faults, routes, ids, ...counted, closing, url: "" };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function handle(cloud: Cloud, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { clock, world, faults, requests, seen, ids } = cloud;
  const { method = "GET", url = "/", headers } = request;
  const body = await readBody(request);
  const found = findRoute(cloud.routes, method, url.slice(0, queryMark(url)));
  const route = found?.route;
  const fault = route && faults.take(route.name, url);
  if (route) requests[route.name]++;
  const log = { route: route?.name, method, url, status: 0 };
  cloud.watch(log);
  seen.push(log);
  if (seen.length > REMEMBERED_REQUESTS) seen.shift();
  if (fault?.kind === "slow") await clock.sleep(fault.ms, cloud.closing.signal);
  if (fault?.kind === "reset") return void request.socket.resetAndDestroy();

  const now = clock.now();
  world.advance(now);
  const requestId = ids.hex(32);
  const given = answerTo(cloud, { found, fault, method, url, headers, body, now, requestId });
  log.status = given.status ?? 200;
  if (log.status === 401) cloud.refusals++;
  send(response, given, fault, requestId, url);
}

/** Where the path of a URL ends. */
function queryMark(url: string): number {
  return `${url}?`.indexOf("?");
}

interface Asked {
  found: ReturnType<typeof findRoute>;
  fault: Fault | undefined;
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  /** Undefined where it is too large. */
  body: string | undefined;
  now: number;
  requestId: string;
}

function answerTo(cloud: Cloud, { found, fault, method, url, headers, body, now, requestId }: Asked): Answer {
  const { world, switches, credentials, auth, ids } = cloud;
  if (!found) return refused(undefined, NOT_PUBLISHED, requestId);
  if (body === undefined) return refused(found.route, new Refusal(413, "The request body is too large."), requestId);
  const call: Call = {
    params: found.params,
    query: new URLSearchParams(url.slice(queryMark(url) + 1)),
    headers,
    body,
    now,
    world,
    switches,
    credentials,
    issueToken(projectId) {
      const issue = auth.issue(projectId, now, switches.tokenLife);
      cloud.issued.push(issue.token);
      return issue;
    },
    uuid: ids.uuid,
    origin: cloud.url,
  };
  const failure = orderedError(found.route, fault, headers, requestId);
  return failure ?? answer(found.route, call, { method, url, headers, body }, auth, requestId);
}
