// What `lookout test` says: a line for each test, a difference where it failed, the rules that no test made open.
import { stringify } from "yaml";
import type { Comparison, DiffLine } from "../../app/replay/rule-tests/compare.ts";
import type { Seen } from "../../app/replay/rule-tests/run.ts";
import { formatLocation, type Location } from "../../config/document/finding.ts";
import type { RuleTest } from "../../model/files/test-file.ts";
import { iso } from "../../model/iso.ts";
import { type Io, oneLine, type Style, styled } from "../io.ts";

export interface TestResult {
  /** The test file, as it was named. */
  file: string;
  /** Where the test stands in it. */
  location: Location;
  test: RuleTest;
  passed: boolean;
  /** Undefined where it could not be run to its end. */
  outcome: { seen: Seen; comparison: Comparison } | undefined;
  error: string | undefined;
  /** How long it took. */
  ms: number;
}

export interface Coverage {
  /** The file that has the rules. */
  config: string;
  /** How many there are. */
  rules: number;
  never: { rule: string; location: Location }[];
}

const STYLES: Record<DiffLine["sign"], Style> = { " ": "reset", "-": "red", "+": "green" };

export function describeResult(io: Io, result: TestResult): string {
  const name = oneLine(result.test.name, 200);
  if (result.passed) return `${styled(io, "green", "ok")}    ${result.file}: ${name}\n`;
  const lines = problemLines(result).map(({ sign, text }) => styled(io, STYLES[sign], `      ${sign} ${text}\n`));
  return `${styled(io, "red", "FAIL")}  ${formatLocation(result.location)}: ${name}\n${lines.join("")}`;
}

/** The same without colours, as one text: `-` is expected and missing, `+` came unexpectedly. */
export function problemText(result: TestResult): string {
  return problemLines(result)
    .map(({ sign, text }) => `${sign} ${text}`)
    .join("\n");
}

function problemLines({ outcome, error }: TestResult): { sign: DiffLine["sign"]; text: string }[] {
  if (outcome === undefined) return [{ sign: " ", text: oneLine(error ?? "", 500) }];
  const { transitions, notifications } = outcome.comparison;
  const written = ({ sign, fields }: DiffLine) => ({ sign, text: inYaml(fields) });
  const head = differs(notifications) ? [{ sign: " ", text: "notifications:" } as const] : [];
  return [
    ...(differs(transitions) ? transitions.map(written) : []),
    ...head,
    ...(differs(notifications) ? notifications.map(written) : []),
  ];
}

function differs(lines: readonly DiffLine[]): boolean {
  return lines.some(({ sign }) => sign !== " ");
}

/** As it could stand in the test file. */
function inYaml(fields: DiffLine["fields"]): string {
  return stringify(fields, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}

export function describeCoverage(io: Io, coverage: readonly Coverage[]): string {
  const texts = coverage.map(({ config, rules, never }) => {
    const head = `${config}: ${rules - never.length} of ${rules} rules opened an alert`;
    if (never.length === 0) return `${styled(io, "green", head)}\n`;
    const lines = never.map(({ rule, location }) => `      ${rule} (${formatLocation(location)})\n`);
    return `${styled(io, "yellow", `${head}; these never did:`)}\n${lines.join("")}`;
  });
  return texts.join("");
}

/** One document for scripts; alerts and notifications as everywhere. */
export function jsonReport(results: readonly TestResult[], coverage: readonly Coverage[] | undefined): object {
  const failed = results.filter(({ passed }) => !passed).length;
  return {
    passed: results.length - failed,
    failed,
    tests: results.map(({ file, location, test, passed, outcome, error }) => ({
      file,
      line: location.line,
      name: test.name,
      passed,
      ...(error === undefined ? {} : { error }),
      ...(passed || !outcome
        ? {}
        : { diff: { transitions: outcome.comparison.transitions, notifications: outcome.comparison.notifications } }),
      transitions: outcome?.seen.transitions.map((seen) => ({ ...seen, at: iso(seen.at) })) ?? [],
      notifications: outcome?.seen.notifications.map((seen) => ({ ...seen, at: iso(seen.at) })) ?? [],
    })),
    ...(coverage === undefined ? {} : { coverage }),
  };
}
