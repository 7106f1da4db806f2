// What an update log says and how its result moves on: RUNNING becomes SUCCESS or FAIL in place. Pure.
import * as z from "zod";
import type { Level } from "../../model/source-kinds.ts";
import { levelOfWord } from "../../model/source-kinds.ts";
import type { Mark } from "../port.ts";
import { fingerprint } from "../reading/marks.ts";
import { scrub } from "../reading/scrub.ts";

const CONFIG_LENGTH = 4;
const MAX_CONFIGS = 5;

/** What is remembered of a log: its result, and four characters that stand for its config. */
export interface Result {
  result: string;
  config: string;
}

export interface Settled<T extends Result> {
  log: T;
  /** What was seen of it; undefined for an unseen one. */
  before: Result | undefined;
}

/**
 * The logs that are not as they were seen, each with what it was: one of the same config, and one still running, first.
 * Unseen ones come first: their events are older than those of changes.
 */
export function settle<T extends Result>(logs: readonly T[], seen: readonly Result[]): Settled<T>[] {
  const left = [...seen];
  const take = (fits: (known: Result) => boolean) => {
    const index = left.findIndex(fits);
    return index < 0 ? undefined : left.splice(index, 1)[0];
  };
  const moved = logs.filter((log) => !take(({ result, config }) => result === log.result && config === log.config));
  const settled = moved.map((log): Settled<T> => ({ log, before: undefined }));
  // The best fits of all logs come first: none takes what another was.
  const likeness: ((log: T, known: Result) => boolean)[] = [
    (log, { result, config }) => isPending(result) && config === log.config,
    (log, { config }) => config === log.config,
    (_, { result }) => isPending(result),
  ];
  for (const alike of likeness) for (const one of settled) one.before ??= take((known) => alike(one.log, known));
  return settled.sort((a, b) => Number(a.before !== undefined) - Number(b.before !== undefined));
}

/** Whether a result may still change. */
export function isPending(result: string): boolean {
  return !/^(success|fail)/i.test(result);
}

export function levelOfResult(result: string): Level {
  return /^fail/i.test(result) ? "error" : levelOfWord("service-updates", result);
}

/** Four characters for the config of a raw log, its secrets left out. */
export function configOf(raw: unknown): string {
  const config = scrub((raw as { config?: unknown }).config ?? null);
  return fingerprint([config]).slice(0, CONFIG_LENGTH);
}

/** As a mark holds them: each as its config's four characters and the result, sorted. */
export function packResults(results: readonly Result[]): string[] {
  return results.map(({ result, config }) => `${config}${result}`).sort();
}

/** The reverse. */
export function resultsIn(value: Mark["v"] | undefined): Result[] {
  if (typeof value !== "object") return [];
  return value.map(String).map((text) => ({ config: text.slice(0, CONFIG_LENGTH), result: text.slice(CONFIG_LENGTH) }));
}

const Word = z.union([z.string(), z.number()]).optional().catch(undefined);
const Config = z.looseObject({
  model_name: Word,
  model_version: Word,
  weight: Word,
  instance_count: Word,
  specification: Word,
});
const Configs = z.looseObject({ config: z.array(z.unknown()).catch([]) }).catch({ config: [] });

/** `Update FAIL: minst 0.0.1 (weight 100, 1 × modelarts.vm.cpu.2u)` */
export function describeUpdate(result: string, raw: unknown): string {
  const configs = Configs.parse(raw)
    .config.map((config) => Config.safeParse(config).data)
    .filter((config) => config !== undefined);
  const models = configs.slice(0, MAX_CONFIGS).map((config) => {
    const model = [config.model_name, config.model_version].filter((word) => word !== undefined).join(" ");
    const instances = [config.instance_count, config.specification].filter((word) => word !== undefined).join(" × ");
    const weight = config.weight === undefined ? "" : `weight ${config.weight}`;
    const details = [weight, instances].filter((text) => text !== "").join(", ");
    return details === "" ? model : `${model} (${details})`.trim();
  });
  const more = configs.length > MAX_CONFIGS ? ` and ${configs.length - MAX_CONFIGS} more` : "";
  const text = models.filter((model) => model !== "").join("; ");
  return text === "" ? `Update ${result}` : `Update ${result}: ${text}${more}`;
}
