// The network between Lookout and the simulated cloud, without a socket: the simulator's own routes answer, and faults
// come in between as the profile says.
import { SOURCE_KINDS } from "../../lib/model/source-kinds.ts";
import { answer } from "../../lib/simulator/answering.ts";
import type { Call } from "../../lib/simulator/apis/call.ts";
import { createAuth, DEMO_CREDENTIALS } from "../../lib/simulator/auth.ts";
import { withWrongTypes } from "../../lib/simulator/faults.ts";
import type { Random } from "../../lib/simulator/random.ts";
import { errorBody, faultRefusal } from "../../lib/simulator/refusal.ts";
import { createRoutes, findRoute, type Route } from "../../lib/simulator/routes.ts";
import { DOCUMENTED, type RouteName, type Switches } from "../../lib/simulator/switches.ts";
import type { Profile } from "./simulation-profile.ts";
import type { VirtualTime } from "./simulation-time.ts";
import { keyOf, nameOf } from "./simulation-truth.ts";
import type { Stage } from "./simulation-world.ts";

export interface Cloud {
  switches: Switches;
  /** While true nothing answers. */
  down: boolean;
  /** While true every page is the first one. */
  repeats: boolean;
  /** While false there are no faults at all. */
  stormy: boolean;
  fetch(url: URL, init: RequestInit): Promise<Response>;
}

const PLACES = ["offset", "start", "continue"];
const PAGED = new Set(["services", "service-events", "training-jobs", "training-events", "pool-events"]);

export function createCloud(random: Random, profile: Profile, time: VirtualTime, { world, truth }: Stage): Cloud {
  const { rates, pageSize, netLatency } = profile;
  const auth = createAuth(DEMO_CREDENTIALS, random.fork("tokens"));
  const ids = random.fork("ids");
  const routes = createRoutes();
  /** Paths of lists whose every page is the first. */
  const stuck = new Set<string>();

  async function fetch(url: URL, init: RequestInit): Promise<Response> {
    const chance = (rate: number) => random.chance(rate) && cloud.stormy;
    await time.sleep(netLatency === 0 ? 0 : random.int(0, netLatency));
    if (chance(rates.apiSlow)) await time.sleep(random.int(1_000, 25_000));
    if (cloud.down || chance(rates.apiReset)) throw connectionReset();
    const found = findRoute(routes, init.method ?? "GET", url.pathname)!;
    const fault = faultFor(found.route, chance);
    if (fault !== undefined) return fault;
    world.advance(time.now());
    const { status, text } = answered(found, url, init, chance);
    const cut = chance(rates.apiCut);
    await time.sleep(netLatency === 0 ? 0 : random.int(0, netLatency));
    return cut ? new Response(cutShort(text), { status }) : new Response(text, { status });
  }

  /** What stands in front of the cloud answers in its place. */
  function faultFor(route: Route, chance: (rate: number) => boolean): Response | undefined {
    if (chance(rates.apiThrottled)) {
      const after: Record<string, string> = random.chance(0.5) ? { "retry-after": String(random.int(1, 900)) } : {};
      return failure(route, 429, after);
    }
    if (chance(rates.apiError)) return failure(route, random.pick([500, 502, 503]));
    if (chance(rates.apiHtml)) return new Response("<html>Please wait</html>", { status: random.pick([200, 503]) });
    return undefined;
  }

  function answered(
    { route, params }: NonNullable<ReturnType<typeof findRoute>>,
    url: URL,
    init: RequestInit,
    chance: (rate: number) => boolean,
  ): { status: number; text: string } {
    const headers = { ...Object.fromEntries(new Headers(init.headers)), host: url.host };
    const request = { method: route.method, url: url.pathname + url.search, headers, body: String(init.body ?? "") };
    const call: Call = {
      params,
      ...asked(route, url, request.body),
      headers,
      now: time.now(),
      world,
      switches: cloud.switches,
      credentials: DEMO_CREDENTIALS,
      issueToken: (project) => auth.issue(project, time.now(), cloud.switches.tokenLife),
      uuid: ids.uuid,
      origin: url.origin,
    };
    const { status = 200, body } = answer(route, call, request, auth, "r");
    if (status !== 200) return { status, text: JSON.stringify(body) };
    const shown = chance(rates.apiWrongBodies) ? withWrongTypes(body, "body") : withSpoilt(route.name, call, body);
    return { status, text: JSON.stringify(shown) };
  }

  /** Some items are in a shape that nobody can read, always the same ones. */
  function withSpoilt(route: RouteName, { params, query }: Call, body: unknown): unknown {
    const source = route === "cloud-eye-event" ? "cloud-eye-events" : SOURCE_KINDS.find((kind) => kind === route);
    const list = Object.entries(body as object).find(([, value]) => Array.isArray(value));
    if (truth.spoilt.size === 0 || source === undefined || route === "cloud-eye-events" || !list) return body;
    const target = params["service_id"] ?? params["training_job_id"] ?? query.get("name") ?? params["project_id"]!;
    const items = list[1].map((item: unknown) => {
      const name = nameOf({ source, target, key: keyOf(source, item) });
      return truth.spoilt.has(name) ? (withWrongTypes({ item: [item] }, "item") as { item: unknown[] }).item[0] : item;
    });
    return { ...(body as object), [list[0]]: items };
  }

  /** The request as the cloud understands it: its pages may be shorter, or always the first. */
  function asked({ name }: Route, url: URL, body: string): Pick<Call, "query" | "body"> {
    const query = new URLSearchParams(url.search);
    const fields: Record<string, unknown> = body === "" ? {} : JSON.parse(body);
    const first = !PLACES.some((place) => query.has(place) && query.get(place) !== "0") && !fields["offset"];
    // A list that was begun in good order is ended so.
    if (first && cloud.repeats) stuck.add(url.pathname);
    else if (first) stuck.delete(url.pathname);
    if (stuck.has(url.pathname)) {
      for (const place of PLACES) query.delete(place);
      delete fields["offset"];
    }
    if (pageSize !== undefined && PAGED.has(name)) shorten(query, fields, pageSize);
    return { query, body: body === "" ? "" : JSON.stringify(fields) };
  }

  const cloud: Cloud = {
    switches: { ...DOCUMENTED, ...profile.switches },
    down: false,
    repeats: false,
    stormy: true,
    fetch,
  };
  return cloud;
}

function shorten(query: URLSearchParams, fields: Record<string, unknown>, pageSize: number): void {
  if (query.has("limit")) query.set("limit", String(Math.min(pageSize, Number(query.get("limit")))));
  if ("limit" in fields) fields["limit"] = Math.min(pageSize, Number(fields["limit"]));
}

function failure({ style }: Route, status: number, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(errorBody(style, faultRefusal(status), "r")), { status, headers });
}

/** As `fetch` reports it. */
export function connectionReset(): TypeError {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) });
}

function cutShort(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, bytes.length >> 1));
      controller.error(connectionReset());
    },
  });
}
