// Reads a text as a configuration or a pattern all the way to a first event: it is accepted, or refused with a place.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { compileTimeInterval } from "../../../lib/alerts/time-intervals/time-interval.ts";
import { channelTypes } from "../../../lib/channels/registry.ts";
import { ConfigError } from "../../../lib/config/document/finding.ts";
import { lintConfig } from "../../../lib/config/lint/lint.ts";
import { loadConfig } from "../../../lib/config/load/load.ts";
import { PatternError } from "../../../lib/patterns/error.ts";
import { locateInJson } from "../../../lib/patterns/json-place.ts";
import { compilePattern, parsePatternText } from "../../../lib/patterns/pattern.ts";
import { compileRules } from "../../../lib/rules/compile.ts";
import { eventAt } from "../../support/event.ts";
import { depsIn } from "../workspace.ts";

/** References that all have values, which nobody looks at. */
export const NO_SECRETS = { problems: async () => [], resolveLocal: async () => undefined };
const LINT = { compilePattern, compileTimeInterval, channelTypes, secrets: NO_SECRETS, now: 0 };
const EVENT = eventAt(0, { data: { a: [{ b: 1 }, { b: [2, "x"] }] }, labels: { env: "prod" } });
export const OTHER = "rules: [{ id: m, when: { level: [error] } }]\n";

/**
 * The text as `lookout.yml`, or as the file that it includes, in the folder; "accepted" or
 * "refused". Loads, lints and runs.
 */
export async function judgeConfig(folder: string, text: string, included?: string): Promise<"accepted" | "refused"> {
  const file = join(folder, "lookout.yml");
  await writeFile(file, included === undefined ? text : included, "latin1");
  await writeFile(join(folder, "more.yml"), included === undefined ? OTHER : text, "latin1");
  try {
    const loaded = await loadConfig(file, depsIn(folder));
    const findings = await lintConfig(loaded, LINT);
    findings.forEach(expectPlace);
    compileRules(loaded.config.rules, loaded.config.sources).touch(EVENT);
    return "accepted";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.findings.length).toBeGreaterThan(0);
    error.findings.forEach(expectPlace);
    return "refused";
  }
}

function expectPlace({ line, column, message }: { line: number; column: number; message: string }): void {
  expect(line).toBeGreaterThan(0);
  expect(column).toBeGreaterThan(0);
  expect(message).not.toBe("");
}

/** The text as the pattern of `match --pattern`. */
export function judgePattern(text: string): "accepted" | "refused" {
  try {
    compilePattern(parsePatternText(text)).matches(EVENT);
    return "accepted";
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    expectPlace({ ...locateInJson(text, error.path), message: error.reason });
    return "refused";
  }
}
