// One run of the story to its end and its verdict; the points at which a process can die in it; and
// the search through them.
import type { Random } from "../../lib/simulator/random.ts";
import type { Backend } from "./backends.ts";
import { type Call, createConductor } from "./conductor.ts";
import { openStage, type Stage } from "./stage.ts";
import { MINUTE, SETTLED, T0 } from "./story.ts";
import { judge } from "./verdict.ts";
import type { Watch } from "./watches.ts";

export interface Scene {
  /** The test file, and the test's name: how to run it again. */
  file: string;
  name: string;
  watch: Watch;
  open(): Backend | Promise<Backend>;
  /** Everything of lookout.yml but the connection. Default: that of the story. */
  config?: string;
  /** What is wrong in the end. Default: by what the story says. */
  judge?(stage: Stage): Promise<string[]>;
  /** Default: no call takes any time. */
  pace?: keyof typeof PACES;
}

/** A process dies at the call of that index, before it has any effect or after that. */
export interface Point {
  index: number;
  when: "before" | "after";
}

export interface Outcome {
  calls: readonly Call[];
  /** What is wrong. */
  wrong: string[];
  log: readonly string[];
}

/** Runs the story until all is quiet, and judges. Deterministic for one seed and the same points. */
export async function runStory(scene: Scene, seed: number, points: readonly Point[] = []): Promise<Outcome> {
  const { watch, pace = "prompt" } = scene;
  const fate = ({ index }: Call) => points.find((point) => point.index === index)?.when;
  const conductor = createConductor({ seed, start: T0, fate, latency: PACES[pace] });
  const backend = await scene.open();
  const stage = await openStage({ conductor, backend, config: scene.config });
  try {
    await watch(stage);
    return {
      calls: conductor.calls,
      wrong: await (scene.judge?.(stage) ?? judge(stage, pace === "strained")),
      log: stage.log,
    };
  } finally {
    await stage.close();
    await backend.close();
  }
}

const PACES = { prompt: () => 0, slow: (random: Random) => random.int(0, 300), strained: strain };

/** By then the first polls of all targets are over, unless they hang; minutes. */
const FIRST_READ = 1.2;

/**
 * As in a process that is starved, or frozen between two invocations: some calls hang for up to a minute,
 * longer than any claim or lease. Not while sending, which ends itself before that; not once the story has settled, so
 * that all comes to an end; and not in the first reads, since what came before one only teaches
 * `change` and `newValue`.
 */
function strain(random: Random, what: string, now: number): number {
  if (now < T0 + FIRST_READ * MINUTE || now > T0 + SETTLED * MINUTE) return 0;
  if (what.startsWith("send")) return random.int(0, 10_000);
  return random.chance(0.03) ? random.int(0, MINUTE) : random.int(0, 50);
}

/**
 * Fails where something is wrong in a run without a death, or in one with the deaths that `choose` picks from it: each
 * item is one run. SEED and POINT (`12:before` or `12:before,340:after`) in the environment run that one alone.
 */
export async function expectRight(
  scene: Scene,
  seeds: readonly number[],
  choose: (calls: readonly Call[], seed: number) => readonly Point[][],
): Promise<void> {
  const { SEED, POINT } = process.env;
  for (const seed of SEED === undefined ? seeds : [Number(SEED)]) {
    const whole = await runStory(scene, seed);
    failIfWrong(scene, whole, seed, []);
    const runs = POINT === undefined ? choose(whole.calls, seed) : [parsePoints(POINT)];
    for (const points of runs) failIfWrong(scene, await runStory(scene, seed, points), seed, points);
  }
}

function failIfWrong(
  { file, name }: Scene,
  { wrong, calls, log }: Outcome,
  seed: number,
  points: readonly Point[],
): void {
  if (wrong.length === 0) return;
  const died = points.map(({ index, when }) => `died ${when} call ${index}: ${calls[index]?.what}`);
  const point = points.map(({ index, when }) => `${index}:${when}`).join();
  const repeat = `SEED=${seed} ${point === "" ? "" : `POINT=${point} `}npx vitest run ${file} -t "${name}"`;
  throw new Error([`to repeat: ${repeat}`, ...died, ...wrong, ...log.map((line) => `logged: ${line}`)].join("\n  "));
}

function parsePoints(text: string): Point[] {
  return text.split(",").map((part) => {
    const [index, when] = part.split(":");
    return { index: Number(index), when: when === "after" ? "after" : "before" };
  });
}

/** Every point of a run. */
export function allPoints(calls: readonly Call[]): Point[] {
  return calls.flatMap(({ index }): Point[] => [
    { index, when: "before" },
    { index, when: "after" },
  ]);
}

/**
 * The points that leave different things behind. What a process leaves is what was committed and sent by then, and the
 * time: between two such calls at one moment every death is the same.
 */
export function differentPoints(calls: readonly Call[]): Point[] {
  const left = new Set<string>();
  let effects = 0;
  return allPoints(calls).filter(({ index, when }) => {
    const { what, at } = calls[index]!;
    if (when === "after" && /^(commit|send|publish)/.test(what)) effects++;
    const key = `${effects} ${at}`;
    if (left.has(key)) return false;
    left.add(key);
    return true;
  });
}

/** Every nth of these points, and the first of each kind: by when it is, and by the call with its rows' partitions. */
export function everyNth(n: number, calls: readonly Call[], points: readonly Point[]): Point[] {
  const kinds = new Set<string>();
  return points.filter(({ index, when }, place) => {
    const [call, ...rows] = calls[index]!.what.split(" ");
    const kind = `${when} ${call} ${[...new Set(rows.map((row) => row.split("/")[0]))].sort()}`;
    const isNew = !kinds.has(kind);
    kinds.add(kind);
    return isNew || place % n === 0;
  });
}
