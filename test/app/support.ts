// The application on a clock that only moves when told: real HTTP to a simulated cloud and to a
// receiver, a real SQLite file.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createApp } from "../../lib/app/app.ts";
import type { App } from "../../lib/app/deps.ts";
import { openConfig } from "../../lib/app/open-config.ts";
import { pollSource } from "../../lib/app/polling/poll.ts";
import { tick } from "../../lib/app/tick.ts";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import type { AwsSecrets } from "../../lib/config/secrets/values.ts";
import { createLocalBus } from "../../lib/local/daemon.ts";
import { type RoundReport, runOnce } from "../../lib/local/once.ts";
import type { Notification } from "../../lib/model/notification.ts";
import { type Simulator, startSimulator } from "../../lib/simulator/server.ts";
import type { Store } from "../../lib/store/port.ts";
import { openSqliteStore } from "../../lib/store/sqlite/sqlite.ts";
import { folderWith } from "../support/cli.ts";
import { type Answer, startReceiver } from "../support/receiver.ts";

/** 2026-11-20T10:00:00Z, a Friday. */
export const T0 = Date.parse("2026-11-20T10:00:00Z");
export const MINUTE = 60_000;
export const SERVICE = "svc-1";

export interface Message {
  /** Minutes after T0. */
  at: number;
  /** The request's path: `/ops`. */
  to: string;
  id: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies differ by channel
  body: any;
}

export interface Bench {
  app: App;
  sim: Simulator;
  store: Store;
  messages: Message[];
  /** How the receiver answers; default 200, for every path. */
  answer(reply: (message: Message, number: number) => Answer | Promise<Answer>): void;
  /** Moves the clock to so many minutes after T0. */
  to(minutes: number): void;
  /** From now on the local clock is so many minutes ahead of the cloud's. */
  ahead(minutes: number): void;
  /** One round, as `lookout run --once`. */
  round(): Promise<RoundReport>;
  /** Rounds every `step` minutes from the next one up to `until` minutes. */
  rounds(until: number, step?: number): Promise<void>;
  /** What `lookout run` does: a poll round of every source, then a tick. */
  beat(): Promise<void>;
  /** Likewise every minute, from the next one up to `until` minutes. */
  beats(until: number): Promise<void>;
  /** Something that failed, at a moment in minutes; `what` is part of the message. */
  fail(minutes: number, what?: string, service?: string): void;
  recover(minutes: number, service?: string): void;
  /** Other variables for the next reload. */
  setEnv(env: Record<string, string>): void;
  /** The same store under another configuration, as after a reload. */
  reload(yaml: string): Promise<void>;
  /** Another process on the same store, with the configuration it began with. */
  beside(): Promise<App>;
}

export interface BenchOptions {
  /** Everything of lookout.yml but connections and sources, or with these, where CLOUD and PROJECT are the simulated ones. */
  yaml: string;
  services?: readonly string[];
  env?: Record<string, string>;
  /**
   * The connection's `auth`, as YAML; default: the simulated keys. USER, DOMAIN and PASSWORD are in the environment.
   */
  auth?: string;
  /** More connections to the same cloud, each with these keys of its own, as YAML. */
  more?: Record<string, string>;
  /** The connection names its project, not the project's id. */
  projectByName?: boolean;
  aws?: AwsSecrets;
  /** Of the connection; default: the configuration's. */
  requestsPerSecond?: number;
  /** The connection's `links`, as YAML. */
  links?: string;
  /** Uniform in [0, 1); default: always a half. */
  random?: () => number;
  /** The state file that it begins with. */
  state?: Uint8Array;
  /** Stands between the application and its store. */
  wrapStore?: (store: Store) => Store;
}

const CONNECTION = (sim: Simulator, { auth, projectByName, requestsPerSecond, links, more = {} }: BenchOptions) => `
connections:
  prod:
    cloud: custom
    region: eu-de
    ${projectByName ? `project: "${sim.credentials.projectName}"` : `projectId: "${sim.credentials.projectId}"`}
    endpoints: { modelarts: "${sim.url}", ces: "${sim.url}", iam: "${sim.url}" }
    ${auth === undefined ? "" : `auth: ${auth}`}
    ${links === undefined ? "" : `links: ${links}`}
    ${requestsPerSecond === undefined ? "" : `requestsPerSecond: ${requestsPerSecond}`}
${Object.entries(more)
  .map(([name, keys]) => {
    const endpoints = `modelarts: "${sim.url}", ces: "${sim.url}", iam: "${sim.url}"`;
    return `  ${name}: { cloud: custom, projectId: "${sim.credentials.projectId}", endpoints: { ${endpoints} }, ${keys} }`;
  })
  .join("\n")}
`;

/** Everything is closed when the test ends. `HOOK` in the YAML stands for the receiver's address. */
export async function bench(options: BenchOptions): Promise<Bench> {
  let now = T0;
  let ahead = 0;
  async function sleep(ms: number) {
    now += ms;
  }
  const clock = { now: () => now + ahead, sleep };
  const services = options.services ?? [SERVICE];
  const sim = await startSimulator({ clock: { now: () => now, sleep }, scenario: "empty" });
  onTestFinished(() => sim.close());
  for (const id of services) sim.world.addService({ service_id: id, service_name: id });
  const hook = await startHook(() => (now - T0) / MINUTE);
  const folder = await folderWith({});
  if (options.state) await writeFile(join(folder, "state.db"), options.state, { mode: 0o600 });
  const sqlite = openSqliteStore({ path: join(folder, "state.db"), now: clock.now });
  const store = options.wrapStore?.(sqlite) ?? sqlite;
  onTestFinished(() => sqlite.close());
  const { accessKey, secretKey, username, password, domain } = sim.credentials;
  const own = {
    HW_ACCESS_KEY: accessKey,
    HW_SECRET_KEY: secretKey,
    USER: username,
    PASSWORD: password,
    DOMAIN: domain,
  };
  const env: Record<string, string> = { ...own, ...options.env };
  const bus = createLocalBus(sleep);

  async function open(yaml: string, id = "test", own = store): Promise<App> {
    const sources = `sources: [{ kind: service-events, targets: ${JSON.stringify(services)} }]\n`;
    const connections = yaml.includes("connections:") ? "" : CONNECTION(sim, options);
    const rest = yaml
      .replaceAll("HOOK", hook.url)
      .replaceAll("CLOUD", sim.url)
      .replaceAll("PROJECT", sim.credentials.projectId);
    const whole = connections + (yaml.includes("sources:") ? "" : sources) + rest;
    const file = await folderWith({ "lookout.yml": whole });
    const packsDir = join(import.meta.dirname, "../../rules");
    const { config, secrets } = await openConfig(join(file, "lookout.yml"), {
      packsDir,
      env,
      clock,
      redactor: createRedactor(),
      ...(options.aws === undefined ? {} : { aws: options.aws }),
    });
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const identity = { id, isGone: () => false };
    return createApp(config, {
      store: own,
      clock,
      random: options.random ?? (() => 0.5),
      identity,
      log,
      bus,
      secrets,
      print: async () => {},
    });
  }
  const made: Bench = {
    app: await open(options.yaml),
    sim,
    store,
    messages: hook.messages,
    answer: hook.answer,
    to(minutes) {
      now = Math.max(now, T0 + minutes * MINUTE);
    },
    ahead(minutes) {
      ahead = minutes * MINUTE;
    },
    round: () => runOnce(made.app, new AbortController().signal),
    async rounds(until, step = 1) {
      for (let at = Math.floor((now - T0) / MINUTE / step) * step + step; at <= until; at += step) {
        made.to(at);
        await made.round();
      }
    },
    async beat() {
      const { signal } = new AbortController();
      await Promise.all(made.app.config.sources.map((source) => pollSource(made.app, source, signal)));
      await tick(made.app, signal, { timers: true, rung: bus.take, due: true });
    },
    async beats(until) {
      for (let at = Math.floor((now - T0) / MINUTE) + 1; at <= until; at++) {
        made.to(at);
        await made.beat();
      }
    },
    fail: (minutes, what = "Failed to pull image", service = SERVICE) => add(service, minutes, "abnormal", what),
    recover: (minutes, service = SERVICE) => add(service, minutes, "normal", "Service started."),
    setEnv(more) {
      Object.assign(env, more);
    },
    async reload(yaml) {
      made.app = await open(yaml);
    },
    beside: () => open(options.yaml, "beside", { ...store }),
  };
  function add(service: string, minutes: number, event_type: "normal" | "abnormal", event_info: string): void {
    sim.world.addServiceEvents(service, [{ occur_time: T0 + minutes * MINUTE, event_type, event_info }]);
  }
  return made;
}

/** The bench in its first minute, half a minute after the service has failed with `what`. */
export async function failing(options: BenchOptions, what?: string): Promise<Bench> {
  const made = await bench(options);
  made.to(1);
  made.fail(0.5, what);
  return made;
}

async function startHook(minutes: () => number) {
  const messages: Message[] = [];
  let reply: (message: Message, number: number) => Answer | Promise<Answer> = () => ({ status: 200 });
  const { url, close } = await startReceiver(({ path, headers, body }) => {
    const message = {
      at: minutes(),
      to: path,
      id: headers["webhook-id"] ?? "",
      body: JSON.parse(body === "" ? "null" : body),
    };
    messages.push(message);
    return reply(message, messages.length);
  });
  onTestFinished(close);
  return {
    url,
    messages,
    answer(next: typeof reply) {
      reply = next;
    },
  };
}

/** `3 /ops new firing: svc-1 ×2(+1)`: a message in one line. */
export function line({ at, to, body }: Message): string {
  const { reason, status, alerts } = body as Notification;
  const notified = alerts.map(
    (alert) => `${alert.resource?.name ?? alert.key["name"]} ${alert.status} ×${alert.count}(+${alert.newCount})`,
  );
  return `${Math.round(at * 100) / 100} ${to} ${reason} ${status}: ${notified.join(", ")}`;
}
