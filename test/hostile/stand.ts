// Where a hostile one meets Lookout: a simulated cloud of ten services of which one is in its hands, receivers of which
// one is, and a front between them and the command that lets all others through.
import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { wallClock } from "../../lib/app/clock.ts";
import { createRandom } from "../../lib/simulator/random.ts";
import { type Simulator, startSimulator } from "../../lib/simulator/server.ts";
import { startHttpServer } from "../support/http-server.ts";
import type { Attack, Hostile, Place } from "./attacks.ts";

const MINUTE = 60_000;
/** The first service of ten is the hostile one's. */
export const SERVICES = Array.from({ length: 10 }, (_, at) => `svc-${at}`);
export const POOL = "pool-good";
export const JOB = "11111111-2222-4333-8444-555555555555";
/** Receivers that behave; the last channel, `bad`, may be the hostile one's. */
export const CHANNELS = {
  hook: "webhook",
  slack: "slack",
  feishu: "feishu",
  dingtalk: "dingtalk",
  wecom: "wecom",
  teams: "teams",
  bad: "webhook",
} as const;
export type ChannelName = keyof typeof CHANNELS;

const random = createRandom(0x5ec2e7);
/** Nothing in them is like anything else. */
export const SECRETS = {
  HW_ACCESS_KEY: random.hex(20),
  HW_SECRET_KEY: random.hex(40),
  IAM_PASSWORD: `${random.hex(12)}+/"\\&${random.hex(8)}`,
  HOOK_SECRET: `whsec_${Buffer.from(random.hex(24)).toString("base64")}`,
  ...Object.fromEntries(Object.keys(CHANNELS).map((name) => [`PATH_${name}`, random.hex(32)])),
} as Record<string, string>;

export interface Post {
  channel: ChannelName;
  headers: Record<string, string>;
  body: string;
}

export interface Stand {
  /** lookout.yml for a case, whose state lies in `state`. */
  yaml(state: string): string;
  posts: Post[];
  /** Tokens issued so far. */
  tokens: Set<string>;
  close(): Promise<void>;
}

/** One world serves all cases: nothing in it changes. */
export async function startWorld(): Promise<Simulator> {
  const sim = await startSimulator({
    clock: wallClock,
    scenario: "empty",
    credentials: {
      accessKey: SECRETS["HW_ACCESS_KEY"]!,
      secretKey: SECRETS["HW_SECRET_KEY"]!,
      password: SECRETS["IAM_PASSWORD"]!,
    },
  });
  const failedAt = Date.now() - 2 * MINUTE;
  const { world } = sim;
  for (const id of SERVICES) {
    world.addService({ service_id: id, service_name: id });
    world.addServiceEvents(id, [{ occur_time: failedAt, event_type: "abnormal", event_info: `Failed ${id}` }]);
  }
  world.addUpdateLog("svc-1", { update_time: failedAt, result: "FAIL", config: [] });
  world.addPool({ id: POOL, name: POOL });
  world.addPoolEvent(POOL, { time: failedAt, type: "Warning", reason: "NodeNotReady", message: "Node is not ready" });
  world.addJob({ id: JOB, name: "job" });
  world.addTrainingEvents(JOB, [{ time: failedAt, level: "Error", message: "Job failed", source: "Job" }]);
  return sim;
}

const PATHS: Record<Exclude<Place, "receiver">, RegExp> = {
  "service-events": /\/services\/svc-0\/events/,
  "service-updates": /\/services\/svc-0\/logs/,
  "pool-events": new RegExp(`^/v1/[^/]+/events\\?.*name=(?!${POOL})`),
  pools: /^\/v2\/[^/]+\/pools/,
  tokens: /^\/v3\/auth\/tokens/,
};

/** A cloud and receivers of its own for one case, in which `attack` has its place. */
export async function startStand(sim: Simulator, attack: Attack, hostile: Hostile): Promise<Stand> {
  const posts: Post[] = [];
  const tokens = new Set<string>();
  const secrets = () => [...Object.values(SECRETS), ...tokens];

  const cloud = await startHttpServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://cloud");
    const forward = () => pass(sim, request, response, (token) => tokens.add(token));
    const isHostile = attack.at !== "receiver" && PATHS[attack.at].test(request.url ?? "");
    if (isHostile) hostile({ request, response, url, forward, secrets: secrets() });
    else if (attack.at === "pool-events" && PATHS.pools.test(request.url ?? "")) listBoth(response);
    else forward();
  });
  const receiver = await startHttpServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://receiver");
    const channel = url.pathname.split("/")[1] as ChannelName;
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    posts.push({ channel, headers, body });
    const forward = () => accept(channel, response);
    if (channel === "bad" && attack.at === "receiver") hostile({ request, response, url, forward, secrets: secrets() });
    else forward();
  });
  return {
    yaml: (state) => configuration(sim, cloud.url, receiver.url, state),
    posts,
    tokens,
    async close() {
      await Promise.all([cloud.close(), receiver.close()]);
    },
  };
}

/** The hostile one's pool beside the good one. */
function listBoth(response: ServerResponse): void {
  const items = [POOL, "pool-bad"].map((name) => ({
    kind: "Pool",
    metadata: {
      name,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "os.modelarts/name": name },
      annotations: {},
    },
    status: { phase: "Running" },
  }));
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ kind: "PoolList", items }));
}

function pass(
  sim: Simulator,
  request: IncomingMessage,
  response: ServerResponse,
  issued: (token: string) => void,
): void {
  const onward = ask(`${sim.url}${request.url}`, { method: request.method, headers: request.headers }, (answer) => {
    const token = answer.headers["x-subject-token"];
    if (token !== undefined) issued(String(token));
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

/** As the vendor says that it has accepted. */
function accept(channel: ChannelName, response: ServerResponse): void {
  const said: Partial<Record<ChannelName, string>> = {
    slack: "ok",
    feishu: '{"code":0,"msg":"success"}',
    dingtalk: '{"errcode":0,"errmsg":"ok"}',
    wecom: '{"errcode":0,"errmsg":"ok"}',
  };
  response.writeHead(channel === "teams" ? 202 : 200, { "content-type": "application/json" }).end(said[channel] ?? "");
}

function configuration(
  { credentials: { projectId, username, domain } }: Simulator,
  cloud: string,
  receiver: string,
  state: string,
): string {
  const endpoints = `endpoints: { modelarts: "${cloud}", ces: "${cloud}", iam: "${cloud}" }`;
  const common = `cloud: custom, region: eu-de, projectId: "${projectId}", ${endpoints}, requestsPerSecond: 200`;
  const channels = Object.entries(CHANNELS).map(([name, type]) => {
    const more = name === "hook" ? `, secret: "\${env:HOOK_SECRET}"` : "";
    return `  ${name}: { type: ${type}, url: "${receiver}/${name}/\${env:PATH_${name}}"${more} }`;
  });
  return `
store: { type: sqlite, path: ${JSON.stringify(state)} }
connections:
  keys: { ${common}, auth: { accessKey: "\${env:HW_ACCESS_KEY}", secretKey: "\${env:HW_SECRET_KEY}" } }
  login: { ${common}, auth: { username: "${username}", password: "\${env:IAM_PASSWORD}", domain: "${domain}" } }
sources:
  - { id: services, kind: service-events, connection: keys, targets: ${JSON.stringify(SERVICES)}, lookback: 7d }
  - { id: updates, kind: service-updates, connection: keys, targets: [svc-0, svc-1], lookback: 7d }
  - { id: pools, kind: pool-events, connection: keys, lookback: 7d }
  - { id: jobs, kind: training-events, connection: login, lookback: 7d }
rules:
  - { id: failing, when: { level: [error, warning] }, severity: error, by: [resource.type, resource.id], maxKeys: 1000 }
  - { id: noisy, when: { level: [error] }, severity: warning, by: [resource.id], threshold: { count: 5, within: 10m } }
route: { channels: ${JSON.stringify(Object.keys(CHANNELS))}, groupBy: [severity] }
channels:
${channels.join("\n")}
`;
}
