// A deployment whose functions run in containers that can be frozen, thawed and killed at any of their calls, on a clock
// that the run sets: what the cloud, the functions and the queues take for the time.
import { openSync, writeSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createApp } from "../../../lib/app/app.ts";
import { wallClock } from "../../../lib/app/clock.ts";
import type { App } from "../../../lib/app/deps.ts";
import { openConfig } from "../../../lib/app/open-config.ts";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import type { Clock } from "../../../lib/model/clock.ts";
import { DEMO_CREDENTIALS } from "../../../lib/simulator/auth.ts";
import { openDynamoStore } from "../../../lib/store/dynamodb/dynamodb.ts";
import { bundle } from "../../../scripts/bundle.ts";
import { type Container, startContainer } from "../fan-stage.ts";
import { type ConfigOf, type Engines, openStage, type Stage } from "../stage.ts";
import { type Gateway, startProxy, type Trap } from "./proxy.ts";
import { configOf } from "./story.ts";

const REMAINING = 55_000;
const PACKS = join(import.meta.dirname, "../../../rules");

/** Which of the two packages a container runs. */
export type Release = "older" | "newer";

export interface Fault extends Omit<Trap, "spring"> {
  kind: "kill" | "freeze";
}

/** What became of an invocation. `later`: what becomes of it once its container is thawed. */
export type Outcome =
  | { kind: "done"; result: Record<string, unknown> }
  | { kind: "failed"; error: string }
  | { kind: "frozen"; container: Frozen; later: Promise<Outcome> };

export interface Frozen {
  thaw(): void;
  kill(): void;
}

export interface ExactStage {
  stage: Stage;
  clock: Clock;
  advance(ms: number): void;
  /** Looks at the state and decides nothing. */
  observer: App;
  /** Calls a function in a container of its own, which the next call finds again. */
  invoke(name: string, event: unknown, release: Release, fault?: Fault): Promise<Outcome>;
  /** The invocations that a process died under, or that were frozen. */
  struck: { kill: number; freeze: number };
  outside: Gateway["outside"];
  /** What the functions say went wrong. */
  lines: Record<string, unknown>[];
  close(): Promise<void>;
}

/** A folder with the built functions in `.build`. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "lookout-exact-home-"));
  const config = join(home, "lookout.yml");
  await writeFile(config, configOf({ url: "http://127.0.0.1", credentials: DEMO_CREDENTIALS }, "http://127.0.0.1", 2));
  await bundle({ outdir: join(home, ".build"), config });
  return home;
}

interface Held {
  container: Container;
  number: number;
  release: Release;
  gone: boolean;
}

/**
 * `home`: a folder with the package in `.build`, as Lambda has it; `env`: what the functions get beside what all have.
 * The newer release is the same package with the configuration of a parameter in SSM.
 */
export async function openExactStage(
  engines: Engines,
  home: string,
  configs: Record<Release, ConfigOf>,
  env: (name: string) => Record<string, string>,
): Promise<ExactStage> {
  const folder = await mkdtemp(join(tmpdir(), "lookout-exact-"));
  const clockPath = join(folder, "clock");
  const clockFile = openSync(clockPath, "w");
  const ahead = new Float64Array(1);
  const advance = (ms: number) => {
    ahead[0]! += ms;
    writeSync(clockFile, ahead, 0, 8, 0);
  };
  advance(0);
  const clock: Clock = { now: () => Date.now() + ahead[0]!, sleep: wallClock.sleep };
  let receiver = "";
  const older: ConfigOf = (cloud, url) => {
    receiver = url;
    return configs.older(cloud, url);
  };
  const stage = await openStage(engines, older, { clock, built: join(home, ".build") });
  const path = join(folder, "lookout.yml");
  await writeFile(path, configs.newer(stage.cloud, receiver));
  const parameter = `/${stage.name}`;
  await putParameter(engines, parameter, configs.newer(stage.cloud, receiver));
  const proxy = await startProxy({ dynamo: engines.dynamo.endpoint, aws: engines.aws });
  const observer = await observe(path, stage, engines, clock);
  const lines: Record<string, unknown>[] = [];
  const struck = { kill: 0, freeze: 0 };
  const pool: Held[] = [];
  let started = 0;

  function start(name: string, release: Release): Held {
    const number = ++started;
    const url = (target: string) => proxy.urlOf(number, target);
    const own = {
      ...stage.env,
      ...env(stage.name),
      ...(release === "newer" && { LOOKOUT_CONFIG: `ssm:${parameter}` }),
      CLOCK: clockPath,
      AWS_ENDPOINT_URL_DYNAMODB: url("dynamo"),
      AWS_ENDPOINT_URL_SQS: url("aws"),
      AWS_ENDPOINT_URL_EVENTBRIDGE: url("aws"),
    };
    const log = (line: Record<string, unknown>) => {
      if (line["level"] === "warn" || line["level"] === "error")
        lines.push({ ...line, container: `${name} ${number} ${release}` });
    };
    const container = startContainer(name, stage.fileOf(name), own, log, home);
    const held = { container, number, release, gone: false };
    pool.push(held);
    return held;
  }

  /** Resolves once the fault has struck, where it is one that leaves the invocation hanging. */
  function arm(held: Held, { kind, ...where }: Fault): Promise<Frozen> {
    const { promise: frozen, resolve: froze } = Promise.withResolvers<Frozen>();
    const { promise: gone, resolve: goes } = Promise.withResolvers<boolean>();
    const { child } = held.container;
    const kill = () => {
      held.gone = true;
      child.kill("SIGKILL");
      goes(false);
    };
    async function spring(): Promise<boolean> {
      struck[kind]++;
      if (kind === "kill") {
        kill();
        return false;
      }
      child.kill("SIGSTOP");
      held.gone = true;
      froze({
        kill,
        thaw() {
          child.kill("SIGCONT");
          goes(true);
        },
      });
      return gone;
    }
    proxy.traps.set(held.number, { ...where, spring });
    return frozen;
  }

  return {
    stage,
    clock,
    advance,
    observer,
    struck,
    lines,
    outside: proxy.outside,
    async invoke(name, event, release, fault) {
      const free = pool.find((one) => {
        return one.container.name === name && one.release === release && !one.container.busy && !one.gone;
      });
      const held = free ?? start(name, release);
      const frozen = fault && arm(held, fault);
      const asked = held.container.ask({ event, remaining: REMAINING, ahead: 0 });
      const later = asked.then(outcomeOf, (error: Error): Outcome => {
        held.gone = true;
        return { kind: "failed", error: error.message };
      });
      const disarm = () => void proxy.traps.delete(held.number);
      if (frozen === undefined) return later;
      const first = await Promise.race([later, frozen]);
      disarm();
      return "kind" in first ? first : { kind: "frozen", container: first, later };
    },
    async close() {
      // Also those that are frozen.
      for (const { container } of pool) container.child.kill("SIGKILL");
      await observer.store.close();
      await Promise.all([proxy.close(), stage.close(), rm(folder, { recursive: true })]);
    },
  };
}

function outcomeOf(answer: { result: unknown } | { error: string }): Outcome {
  if ("error" in answer) return { kind: "failed", error: answer.error };
  return { kind: "done", result: (answer.result ?? {}) as Record<string, unknown> };
}

async function putParameter({ aws, dynamo }: Engines, Name: string, Value: string): Promise<void> {
  const { region, credentials } = dynamo;
  const client = new SSMClient({ endpoint: aws, region, credentials });
  await client.send(new PutParameterCommand({ Name, Value, Type: "String" }));
  client.destroy();
}

async function observe(path: string, stage: Stage, { dynamo }: Engines, clock: Clock): Promise<App> {
  const options = { packsDir: PACKS, env: stage.env, clock, redactor: createRedactor() };
  const { config, secrets } = await openConfig(path, options);
  const store = await openDynamoStore({ ...dynamo, table: stage.name, clock });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const identity = { id: "observer", isGone: () => false };
  const bus = { publish: async () => {} };
  return createApp(config, { store, clock, random: Math.random, identity, log, bus, secrets, print: async () => {} });
}
