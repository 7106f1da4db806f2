// Calls the functions as AWS does: schedules, the bus, batches of messages; and does to them whatever AWS may do.
import type { Random } from "../../../lib/simulator/random.ts";
import { QUEUES } from "../fan-stage.ts";
import type { Fault, Frozen, Outcome, Release } from "./containers.ts";
import type { Batch, Mapping } from "./mapping.ts";
import type { ExactStage } from "./stage.ts";

const BEAT_MS = 60_000;
/** More often than a stack does, so that a short run has some. */
const HEALTH_BEATS = 2;
/** Lambda ends a function then; what a container does afterwards counts for nothing. */
const TIMEOUT_MS = 55_000;
/** The bus tries again after this, twice. */
const RETRY_MS = 60_000;

export type Form = "direct" | "fanned out";

/** Something that is to be invoked. */
interface Job {
  name: string;
  event: unknown;
  batch?: Batch;
  /** How often it is tried again where it fails. */
  retries: number;
  /** Not before; ms. */
  at: number;
  /** Not drawn for anything more. */
  plain?: true;
}

export interface Run {
  exact: ExactStage;
  form: Form;
  random: Random;
  mapping: Mapping | undefined;
  jobs: Job[];
  frozen: { until: number; container: Frozen; settled: Promise<void> }[];
  beats: { name: string; input: unknown }[];
  beat: number;
  /** Whether anything is done to the functions now. */
  rough: boolean;
  release: () => Release;
  /** Nothing of it is given to its function meanwhile. */
  throttled: { name: string; from: number; until: number };
  counts: Record<string, number>;
  invocations: number;
}

/** Time passes, and everything that is to be invoked by then is, side by side; what follows from it comes next. */
export async function step(run: Run, ms: number): Promise<void> {
  const { exact, mapping } = run;
  exact.advance(ms);
  const now = exact.clock.now();
  await mapping?.expire();
  for (const one of run.frozen.filter(({ until }) => until <= now)) one.container.thaw();
  schedule(run, now);
  await receive(run, now);
  const due = run.jobs.filter(({ at }) => at <= now);
  run.jobs = run.jobs.filter(({ at }) => at > now);
  await Promise.all(due.map((job) => invoke(run, job)));
}

/** The schedules: a beat may be lost, or come twice. */
function schedule(run: Run, now: number): void {
  const beat = Math.floor(now / BEAT_MS);
  if (beat === run.beat) return;
  run.beat = beat;
  const all = [...run.beats, ...(beat % HEALTH_BEATS === 0 ? [{ name: "health", input: {} }] : [])];
  for (const { name, input } of all) {
    if (drawn(run, "lost", 0.05)) continue;
    run.jobs.push({ name, event: input, retries: 0, at: now + delayed(run) });
  }
}

async function receive(run: Run, now: number): Promise<void> {
  const { exact, mapping } = run;
  if (mapping === undefined) {
    for (let news = await exact.stage.rung(); news.length > 0; news = await exact.stage.rung()) {
      for (const event of news) run.jobs.push({ name: "notify", event, retries: 2, at: now + delayed(run) });
    }
    return;
  }
  for (const queue of QUEUES) {
    for (let batch = await mapping.receive(queue); batch !== undefined; batch = await mapping.receive(queue)) {
      if (isThrottled(run, queue)) {
        count(run, "throttled");
        continue;
      }
      const at = now + delayed(run);
      // Lambda gives up then, and the messages are given out again.
      if (at >= batch.until) count(run, "given up");
      else run.jobs.push({ name: queue, event: batch.event, batch, retries: 0, at });
    }
  }
}

/** Late by up to minutes, and so behind others that came after it; ms. */
function delayed(run: Run): number {
  return drawn(run, "late", 0.1) ? run.random.int(5_000, 150_000) : 0;
}

function isThrottled({ throttled, exact }: Run, name: string): boolean {
  const now = exact.clock.now();
  return throttled.name === name && throttled.from <= now && now < throttled.until;
}

async function invoke(run: Run, job: Job): Promise<void> {
  const { exact, random } = run;
  const { name, event, batch } = job;
  const again: Job = { ...job, at: exact.clock.now() + RETRY_MS, retries: job.retries - 1 };
  if (batch === undefined && isThrottled(run, name)) {
    count(run, "throttled");
    if (job.retries > 0) run.jobs.push(again);
    return;
  }
  const doubles: Promise<Outcome>[] = [];
  if (!job.plain && drawn(run, "doubled at once", 0.25))
    doubles.push(exact.containers.invoke(name, event, run.release()));
  if (!job.plain && drawn(run, "doubled later", 0.12)) {
    run.jobs.push({ name, event, retries: 0, at: exact.clock.now() + random.int(5_000, 180_000), plain: true });
  }
  run.invocations++;
  const began = exact.clock.now();
  const outcome = await exact.containers.invoke(name, event, run.release(), run.rough ? faultOf(random) : undefined);
  await Promise.all(doubles);
  if (outcome.kind === "frozen") {
    if (job.retries > 0) run.jobs.push(again);
    const settled = outcome.later.then(async (late) => {
      if (exact.clock.now() - began < TIMEOUT_MS) await batch?.end(late);
    });
    run.frozen.push({ until: began + random.int(10_000, 200_000), container: outcome.container, settled });
    return;
  }
  if (outcome.kind === "failed" && job.retries > 0) run.jobs.push(again);
  await batch?.end(outcome);
}

/** What strikes an invocation; many end before it would. */
function faultOf(random: Random): Fault | undefined {
  if (!random.chance(0.4)) return undefined;
  const at = random.pick(["aws", "aws", "outside"] as const);
  const after = at === "aws" ? random.int(0, 25) : random.int(0, 2);
  return { kind: random.pick(["kill", "freeze"]), at, after, answered: random.chance(0.5) };
}

function drawn(run: Run, what: string, probability: number): boolean {
  if (!run.rough || !run.random.chance(probability)) return false;
  count(run, what);
  return true;
}

function count(run: Run, what: string): void {
  run.counts[what] = (run.counts[what] ?? 0) + 1;
}
