// Reads a `*.test.yml`: as strictly as lookout.yml, with everything that is wrong about it found in one go.
import type { RuleConfig } from "../../model/config.ts";
import { type RuleTest, TestFile } from "../../model/files/test-file.ts";
import type { Place } from "../../model/place.ts";
import { checkInhibitions } from "../check/inhibitions.ts";
import { checkRules, type RuleCheckers, ruleConfigs } from "../check/rules.ts";
import { checkTests } from "../check/tests.ts";
import { readDocument } from "../document/document.ts";
import { ConfigError, findInTurns, type Location, sortFindings } from "../document/finding.ts";
import { expandRules } from "../document/includes.ts";
import { validate } from "../document/validate.ts";

export interface LoadedTests {
  /** As it was named. */
  file: string;
  /** The configuration under test, relative to the file; undefined where it holds rules of its own. */
  config: string | undefined;
  /** The rules it holds itself, those of its includes among them. */
  rules: RuleConfig[];
  tests: RuleTest[];
  locate(place: Place, part?: "key" | "value"): Location;
  /** Where one of `rules` stands, in this file or in one that it includes. */
  locateRule(index: number): Location;
}

/** `packsDir` is the folder of the packs that come with Lookout. Throws ConfigError with all findings. */
export async function loadTests(path: string, deps: RuleCheckers & { packsDir: string }): Promise<LoadedTests> {
  const document = await readDocument(path, path);
  const { value, findings: shape } = validate(TestFile, document.root, document, []);
  const { sites, inhibits, findings: included, files } = await expandRules(document, path, deps);
  const findings = await findInTurns([
    () => document.problems,
    // A value that could not be read is not wrong in a second way.
    () => shape.filter(({ path }) => !document.problems.some((problem) => problem.path === path)),
    () => included,
    () => checkRules(sites, deps),
    () => checkInhibitions(inhibits, deps.compilePattern),
    () => (value === undefined ? [] : checkTests(value, document, deps.compilePattern)),
  ]);
  if (value === undefined || findings.length > 0) throw new ConfigError(sortFindings(findings, files));
  return {
    file: path,
    config: value.config,
    rules: await ruleConfigs(sites),
    tests: value.tests,
    locate: document.locate,
    locateRule(index) {
      const { document, place } = sites[index]!;
      return document.locate(place);
    },
  };
}
