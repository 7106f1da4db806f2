// One run: the story goes on while a driver calls the functions as AWS does, and does to them whatever AWS may do; then
// all goes well until nothing is left to do, and the outcome is judged.
import { SQSClient } from "@aws-sdk/client-sqs";
import { readSource } from "../../../lib/app/persistence/shard-rows.ts";
import { splitSource } from "../../../lib/app/persistence/split-source.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { createRandom } from "../../../lib/simulator/random.ts";
import { pascal } from "../../../scripts/stack/template.ts";
import { makeQueues, QUEUES } from "../fan-stage.ts";
import { type Engines, formOf } from "../stage.ts";
import { type Form, type Run, step } from "./driver.ts";
import { createMapping, type Mapping } from "./mapping.ts";
import { type ExactStage, openExactStage } from "./stage.ts";
import { configOf, play, STORY_MS, type Story } from "./story.ts";
import { judge, witness } from "./verdict.ts";

const BEAT_MS = 60_000;
const PATIENCE = 60;

export interface RunOptions {
  engines: Engines;
  /** As openExactStage has it. */
  home: string;
  form: Form;
  seed: number;
  say?: (line: string) => void;
}

export interface RunResult {
  violations: string[];
  events: number;
  notifications: number;
  repeats: number;
  invocations: number;
  /** How often each thing was done to an invocation or a message. */
  faults: Record<string, number>;
}

export async function runExactness({ engines, home, form, seed, say = () => {} }: RunOptions): Promise<RunResult> {
  const random = createRandom(seed);
  const configs = {
    older: (cloud: Parameters<typeof configOf>[0], url: string) => configOf(cloud, url, 2),
    newer: (cloud: Parameters<typeof configOf>[0], url: string) => configOf(cloud, url, 3),
  };
  const exact = await openExactStage(engines, home, configs, (name) => (form === "direct" ? {} : queueNames(name)));
  const { region, credentials } = engines.dynamo;
  const sqs = new SQSClient({ endpoint: engines.aws, region, credentials });
  const run: Run = {
    exact,
    form,
    random: random.fork("driver"),
    mapping: form === "direct" ? undefined : await openMapping(exact, sqs, region),
    jobs: [],
    frozen: [],
    beats: await beatsOf(form),
    beat: 0,
    rough: false,
    release: () => "older",
    throttled: { name: "", from: 0, until: 0 },
    counts: {},
    invocations: 0,
  };
  const seen = witness(exact, random.fork("receiver"), () => run.rough);
  try {
    const start = exact.clock.now();
    const story = play(exact.stage.cloud.world, random.fork("story"), start + 10_000);
    await prepare(run);
    await rough(run, exact.clock.now());
    const left = await calm(run, story);
    const violations = await judge(exact.observer, story, seen);
    if (left) violations.push(`after ${PATIENCE} quiet steps there was still something to do`);
    if (violations.length > 0) for (const line of exact.lines) say(JSON.stringify(line));
    return {
      violations,
      events: [...story.events.values()].reduce((sum, count) => sum + count, 0),
      notifications: seen.taken.size,
      repeats: seen.repeats,
      invocations: run.invocations,
      faults: { ...run.counts, ...exact.containers.struck },
    };
  } finally {
    sqs.destroy();
    await exact.close();
  }
}

function queueNames(name: string): Record<string, string> {
  return Object.fromEntries(QUEUES.map((queue) => [`LOOKOUT_${queue.toUpperCase()}_QUEUE`, `${name}-${queue}.fifo`]));
}

async function openMapping(exact: ExactStage, sqs: SQSClient, region: string): Promise<Mapping> {
  const { functions, resources } = await formOf("on");
  const urls = await makeQueues(sqs, exact.stage.name, region, resources["Resources"]);
  const sizes = Object.fromEntries(QUEUES.map((queue) => [queue, functions[queue].events[0].sqs.batchSize]));
  const visibility = Object.fromEntries(
    QUEUES.map((queue) => [queue, resources["Resources"][`${pascal(queue)}Queue`].Properties.VisibilityTimeout]),
  );
  const each = (values: object) => values as Parameters<typeof createMapping>[2];
  return createMapping(sqs, urls, each(sizes), each(visibility), exact.clock);
}

/** What is scheduled each minute. */
async function beatsOf(form: Form): Promise<Run["beats"]> {
  const sweep = { name: "sweep", input: {} };
  if (form === "fanned out") return [{ name: "plan", input: {} }, sweep];
  const { functions } = await formOf("off");
  const inputs = Object.values(functions).flatMap(({ events }) => events[0].schedule?.input ?? []);
  const own = inputs.filter(({ kind }) => ["service-events", "training-events", "pool-events"].includes(kind));
  return [...own.map((input) => ({ name: "poll", input })), sweep];
}

/** The first polls, after which the services are divided into two shards. */
async function prepare(run: Run): Promise<void> {
  await step(run, 0);
  await step(run, 1_000);
  const { observer } = run.exact;
  const row = await readSource(observer, "service-events");
  await splitSource(observer, row!, 2);
}

/** While the story goes on. */
async function rough(run: Run, start: number): Promise<void> {
  const { random, exact } = run;
  run.rough = true;
  const queue = run.form === "direct" ? random.pick(["poll", "notify", "sweep"]) : random.pick([...QUEUES]);
  const from = start + random.int(20_000, 60_000);
  run.throttled = { name: queue, from, until: from + random.int(60_000, 220_000) };
  const deploy = start + random.int(40_000, 90_000);
  const deployed = deploy + 60_000;
  run.release = () => {
    const now = exact.clock.now();
    if (now < deploy) return "older";
    return now >= deployed || random.chance(0.5) ? "newer" : "older";
  };
  const end = Math.max(start + STORY_MS + 20_000, run.throttled.until);
  while (exact.clock.now() < end) await step(run, random.int(5_000, 20_000));
}

/** All goes well from now on. Returns whether something is left to do in the end. */
async function calm(run: Run, story: Story): Promise<boolean> {
  run.rough = false;
  run.release = () => "newer";
  run.throttled = { name: "", from: 0, until: 0 };
  for (const { container } of run.frozen) run.random.chance(0.5) ? container.kill() : container.thaw();
  await Promise.all(run.frozen.map(({ settled }) => settled));
  for (let quiet = 0, steps = 0; steps < PATIENCE; steps++) {
    await step(run, 20_000);
    quiet = (await isDone(run, story)) ? quiet + 1 : 0;
    if (quiet === 2) return false;
  }
  return true;
}

async function isDone({ exact, mapping, jobs }: Run, story: Story): Promise<boolean> {
  if (jobs.length > 0 || ((await mapping?.left()) ?? 0) > 0) return false;
  const { store, clock } = exact.observer;
  for (const queue of ["timer", "group", "delivery"] as const) {
    // Also what has a time within the next minutes, but no repeat of a notification.
    if ((await store.due(queue, clock.now() + 5 * BEAT_MS, 1)).length > 0) return false;
  }
  const rows = [...story.events.values()].reduce((sum, count) => sum + count, 0);
  const { ledger } = await readStatus(exact.observer);
  const found = Object.values(ledger).flatMap((days) => Object.values(days).map((day) => day.new));
  return found.reduce((sum, count) => sum + count, 0) >= rows;
}

export function describeResult({ violations, faults, ...numbers }: RunResult): string {
  const all = Object.entries({ ...numbers, ...faults }).map(([name, count]) => `${count} ${name}`);
  return [all.join(", "), ...violations.map((what) => `  ${what}`)].join("\n");
}
