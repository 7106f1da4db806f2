// `lookout test`: runs the unit tests of rules over the live application and a virtual clock.
import { stat, writeFile } from "node:fs/promises";
import { wallClock } from "../../app/clock.ts";
import { compareOutcome } from "../../app/replay/rule-tests/compare.ts";
import { openRuleTests, type RuleTestFile } from "../../app/replay/rule-tests/open.ts";
import { runRuleTest, type Seen } from "../../app/replay/rule-tests/run.ts";
import { ConfigError, type Finding } from "../../config/document/finding.ts";
import type { RuleTest } from "../../model/files/test-file.ts";
import { DONE, type Io, jsonDocument, UsageError, WRONG } from "../io.ts";
import { PACKS, readConfig } from "../open.ts";
import { junitReport } from "../print/junit.ts";
import { type Coverage, describeCoverage, describeResult, jsonReport, type TestResult } from "../print/test-report.ts";

export interface TestOptions {
  json?: boolean;
  /** Where a JUnit report is written. */
  junit?: string;
  coverage?: boolean;
}

/** Exit 1: a test failed. A file that is no test file throws ConfigError, and nothing is run. */
export async function testCommand(io: Io, files: readonly string[], options: TestOptions): Promise<number> {
  if (options.junit !== undefined) await refuseOdd(options.junit);
  const opened = await openAll(io, files);
  const results: TestResult[] = [];
  for (const file of opened) {
    for (const { test, location } of file.tests) {
      const began = wallClock.now();
      const outcome = await tryTest(file, test);
      const result = { file: file.file, location, test, ...outcome, ms: wallClock.now() - began };
      results.push(result);
      if (!options.json) io.out(describeResult(io, result));
    }
  }
  const coverage = options.coverage ? coverageOf(opened, results) : [];
  const failed = results.filter(({ passed }) => !passed).length;
  if (options.json) jsonDocument(io, jsonReport(results, options.coverage ? coverage : undefined));
  else {
    io.out(describeCoverage(io, coverage));
    io.out(`${results.length} ${results.length === 1 ? "test" : "tests"}, ${failed} failed\n`);
  }
  if (options.junit !== undefined) await writeReport(options.junit, junitReport(results));
  return failed === 0 ? DONE : WRONG;
}

/** Everything that is wrong about any of the files is reported at once. */
async function openAll({ redactor }: Io, files: readonly string[]): Promise<RuleTestFile[]> {
  const findings: Finding[] = [];
  let more = 0;
  const opened: RuleTestFile[] = [];
  for (const file of new Set(files)) {
    try {
      opened.push(await openRuleTests(file, { packsDir: PACKS, readConfig: (name) => readConfig(name, redactor) }));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      findings.push(...error.findings);
      more += error.more;
    }
  }
  if (findings.length > 0) throw new ConfigError(findings, more);
  return opened;
}

/** A test that cannot be run to its end has failed; the others go on. */
async function tryTest(
  { config }: RuleTestFile,
  test: RuleTest,
): Promise<Pick<TestResult, "passed" | "outcome" | "error">> {
  let seen: Seen;
  try {
    seen = await runRuleTest(config, test);
  } catch (error) {
    return { passed: false, outcome: undefined, error: (error as Error).message };
  }
  const comparison = compareOutcome(test, seen);
  return { passed: comparison.passed, outcome: { seen, comparison }, error: undefined };
}

/** Of each configuration under test, the rules that no test made open. */
function coverageOf(files: readonly RuleTestFile[], results: readonly TestResult[]): Coverage[] {
  return [...Map.groupBy(files, ({ config }) => config.file).values()].map((same) => {
    const names = new Set(same.map(({ file }) => file));
    const opened = results
      .filter(({ file }) => names.has(file))
      .flatMap(({ outcome }) => outcome?.seen.transitions ?? [])
      .filter(({ alert }) => alert.status === "firing")
      .map(({ alert }) => alert.rule);
    const { subject, config, locateRule } = same[0]!;
    const rules = config.rules.map(({ id }, index) => ({ rule: id, location: locateRule(index) }));
    return { config: subject, rules: rules.length, never: rules.filter(({ rule }) => !opened.includes(rule)) };
  });
}

/** A pipe would be waited for until somebody reads it. */
async function refuseOdd(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.isFile()) return;
  throw new UsageError(`--junit ${path}: expected the path of a regular file, or of one that does not exist yet`);
}

async function writeReport(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new UsageError(`--junit ${path}: the report cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}
