// One run of the story: the simulated cloud behind real HTTP, a receiver, and as many Lookout processes as it takes,
// each with an App of its own over one store, all of their outside calls in the conductor's hand.
import { join } from "node:path";
import { createApp } from "../../lib/app/app.ts";
import type { App, Bus } from "../../lib/app/deps.ts";
import { type OpenedConfig, openConfig } from "../../lib/app/open-config.ts";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import { type Simulator, startSimulator } from "../../lib/simulator/server.ts";
import type { Op, Store } from "../../lib/store/port.ts";
import { folderWith } from "../support/cli.ts";
import { SECRET } from "../support/webhook.ts";
import type { Backend } from "./backends.ts";
import type { Conductor, Proc } from "./conductor.ts";
import { listen } from "./network.ts";
import { play, STORY_CONFIG, T0, type Truth } from "./story.ts";

/** One request that the receiver has accepted. */
export interface Notified {
  /** ms */
  at: number;
  /** The channel's name. */
  channel: string;
  /** `webhook-id`; empty for channels without. */
  id: string;
  text: string;
}

export interface Stage {
  conductor: Conductor;
  sim: Simulator;
  truth: Truth;
  notified: readonly Notified[];
  /** How many requests each channel's receiver has had, refused ones included. */
  requests: ReadonlyMap<string, number>;
  /** What went wrong in the processes' own eyes. */
  log: readonly string[];
  procs: readonly Proc[];
  /** Whether a death is known to the others, so that nobody waits for the dead. */
  knowsDeaths: boolean;
  /** A new process with an App of its own; `ring` hears every doorbell. */
  start(name: string, ring?: Bus["publish"]): { proc: Proc; app: App };
  /** An App outside of the run, to look at the outcome: its calls wait for nobody. */
  observer(): App;
  close(): Promise<void>;
}

export interface StageOptions {
  conductor: Conductor;
  backend: Backend;
  /** Everything of lookout.yml but the connection. Default: that of the story. */
  config?: string | undefined;
}

/** Of each channel the receiver refuses one request in so many, as an overloaded one does. */
const REFUSED = 4;

/** Who the simulated cloud believes; the configuration is read once for all runs of a test file. */
const opened = new Map<string, Promise<OpenedConfig>>();
const addresses: Record<string, string> = {};

async function readConfig(sim: Simulator, parts: string): Promise<OpenedConfig> {
  const { projectId, accessKey, secretKey } = sim.credentials;
  const connection = `connections: { prod: { cloud: custom, region: eu-de, projectId: "${projectId}",
    endpoints: { modelarts: "http://cloud.test", ces: "http://cloud.test", iam: "http://cloud.test" } } }`;
  const folder = await folderWith({ "lookout.yml": connection + parts });
  Object.assign(addresses, { HW_ACCESS_KEY: accessKey, HW_SECRET_KEY: secretKey, SECRET });
  const clock = { now: () => T0, sleep: async () => {} };
  const options = { packsDir: folder, env: addresses, clock, redactor: createRedactor() };
  return openConfig(join(folder, "lookout.yml"), options);
}

/** The story begins at T0; nobody watches yet. */
export async function openStage({ conductor, backend, config: parts = STORY_CONFIG }: StageOptions): Promise<Stage> {
  const clock = { now: conductor.now, sleep: async () => {} };
  const sim = await startSimulator({ clock, scenario: "empty", seed: 1 });
  if (!opened.has(parts)) opened.set(parts, readConfig(sim, parts));
  const { config, secrets } = await opened.get(parts)!;
  const endpoints = { modelarts: sim.url, ces: sim.url, iam: sim.url };
  const here = { ...config, connections: { prod: { ...config.connections["prod"]!, endpoints } } };
  const notified: Notified[] = [];
  const requests = new Map<string, number>();
  const receiver = listen(({ path, headers, body }) => {
    const channel = path.slice(1);
    const number = (requests.get(channel) ?? 0) + 1;
    requests.set(channel, number);
    if (number % REFUSED === 0) return new Response("try again", { status: 503 });
    notified.push({ at: conductor.now(), channel, id: headers.get("webhook-id") ?? "", text: body });
    if (channel === "pager") return Response.json({ status: "success" }, { status: 202 });
    return Response.json({ code: 0 });
  });
  addresses["HOOK"] = receiver.url;
  const log: string[] = [];
  const stores: Store[] = [];
  const procs: Proc[] = [];

  function open(): Store {
    const store = backend.open(conductor.now);
    stores.push(store);
    return store;
  }
  function note(name: string, message: string, fields: object = {}): void {
    log.push(`${name} ${message} ${JSON.stringify(fields)}`);
  }
  function appOf(name: string, store: Store, time: App["clock"], publish: Bus["publish"]): App {
    return createApp(here, {
      store,
      clock: time,
      random: conductor.random.fork(name).next,
      identity: {
        id: name,
        isGone: (id) => backend.knowsDeaths && procs.some((proc) => proc.name === id && proc.dead),
      },
      log: {
        debug() {},
        info() {},
        warn: (message, fields) => note(name, message, fields),
        error: (message, fields) => note(name, message, fields),
      },
      bus: { publish },
      secrets,
      print: async () => {},
    });
  }

  return {
    conductor,
    sim,
    truth: play(sim.world),
    notified,
    requests,
    log,
    procs,
    knowsDeaths: backend.knowsDeaths,
    start(name, ring = async () => {}) {
      const proc = conductor.spawn(name);
      procs.push(proc);
      const publish: Bus["publish"] = (transitions, groups) => {
        return proc.call(`publish ${groups.length} groups`, () => ring(transitions, groups));
      };
      return { proc, app: appOf(name, inTurn(proc, open()), proc.clock, publish) };
    },
    observer: () => appOf("observer", open(), clock, async () => {}),
    async close() {
      receiver.close();
      await Promise.all([sim.close(), ...stores.map((store) => store.close())]);
    },
  };
}

/** Every call of the store in the process's turn. */
function inTurn(proc: Proc, store: Store): Store {
  return {
    limits: store.limits,
    cost: store.cost,
    get: (key) => proc.call(`get ${key.pk} ${key.sk}`, () => store.get(key)),
    getMany: (keys) => proc.call(`getMany ${keys.map(({ pk }) => pk).join(" ")}`, () => store.getMany(keys)),
    list: (pk, options) => proc.call(`list ${pk}`, () => store.list(pk, options)),
    due: (queue, now, limit, from) => proc.call(`due ${queue}`, () => store.due(queue, now, limit, from)),
    commit: (ops) => proc.call(`commit ${describe(ops)}`, () => store.commit(ops)),
    purge: (now) => proc.call("purge", () => store.purge(now)),
    all: store.all,
    close: () => store.close(),
  };
}

function describe(ops: readonly Op[]): string {
  return ops
    .map(({ op, pk, sk }) => (op === "check" ? "" : `${op === "delete" ? "-" : ""}${pk}/${sk.slice(0, 8)}`))
    .join(" ");
}
