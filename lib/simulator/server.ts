// The simulated cloud on one port: ModelArts, Cloud Eye and IAM as documented, for demonstrations, tests and trying out rules.
// Nothing happens by itself: the world moves up to the clock's now whenever it is asked.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../model/clock.ts";
import { answer, refused } from "./answering.ts";
import type { Answer, Call } from "./apis/call.ts";
import { type Credentials, createAuth, DEMO_CREDENTIALS } from "./auth.ts";
import { createFaults, type Fault } from "./faults.ts";
import { createRandom } from "./random.ts";
import { Refusal } from "./refusal.ts";
import { createRoutes, findRoute } from "./routes.ts";
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

/** Listens when it resolves; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { clock, port = 0, host = "127.0.0.1", seed = 1, speed = 60, scenario = "day" } = options;
  const random = createRandom(seed);
  const credentials: Credentials = { ...DEMO_CREDENTIALS, ...options.credentials };
  const switches: Switches = { ...DOCUMENTED, ...options.switches };
  const auth = createAuth(credentials, random.fork("tokens"));
  const faults = createFaults(random.fork("faults"));
  faults.set(options.faults ?? []);
  const ids = random.fork("ids");
  const routes = createRoutes();
  const requests = Object.fromEntries(routes.map((route) => [route.name, 0])) as Record<RouteName, number>;
  const seen: SeenRequest[] = [];
  const issued: string[] = [];
  let refusals = 0;
  const closing = new AbortController();
  const day = scenario === "day";
  const world = createWorld(clock.now() - (day ? HISTORY : 0), credentials.projectId);
  if (day) playDay({ world, random: random.fork("day"), speed, switches });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    const body = await readBody(request);
    const mark = `${url}?`.indexOf("?");
    const found = findRoute(routes, method, url.slice(0, mark));
    const route = found?.route;
    const fault = route && faults.take(route.name, url);
    if (route) requests[route.name]++;
    const log = { route: route?.name, method, url, status: 0 };
    seen.push(log);
    if (seen.length > REMEMBERED_REQUESTS) seen.shift();
    if (fault?.kind === "slow") await clock.sleep(fault.ms, closing.signal);
    if (fault?.kind === "reset") return void request.socket.resetAndDestroy();

    const now = clock.now();
    world.advance(now);
    const requestId = ids.hex(32);
    function result(): Answer {
      if (!found) return refused(undefined, NOT_PUBLISHED, requestId);
      if (body === undefined)
        return refused(found.route, new Refusal(413, "The request body is too large."), requestId);
      const call: Call = {
        params: found.params,
        query: new URLSearchParams(url.slice(mark + 1)),
        headers,
        body,
        now,
        world,
        switches,
        credentials,
        issueToken(projectId) {
          const issue = auth.issue(projectId, now, switches.tokenLife);
          issued.push(issue.token);
          return issue;
        },
        uuid: ids.uuid,
        origin: simulator.url,
      };
      const failure = orderedError(found.route, fault, headers, requestId);
      return failure ?? answer(found.route, call, { method, url, headers, body }, auth, requestId);
    }
    const given = result();
    log.status = given.status ?? 200;
    if (log.status === 401) refusals++;
    send(response, given, fault, requestId, url);
  }

  const server = createServer((request, response) => {
    // A request that was broken off, or is still slow while the simulator closes, has nobody to tell.
    handle(request, response).catch(() => request.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const simulator: Simulator = {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
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
      return refusals;
    },
    rotate: auth.rotate,
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return simulator;
}
