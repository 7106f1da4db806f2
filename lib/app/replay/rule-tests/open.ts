// A test file with what it tests: the configuration that it names, or one around the rules that it holds.
import { dirname, isAbsolute, join, resolve } from "node:path";
import { checkNames } from "../../../config/check/tests.ts";
import { ConfigError, type Location } from "../../../config/document/finding.ts";
import type { LoadedConfig } from "../../../config/load/load.ts";
import { type LoadedTests, loadTests } from "../../../config/load/load-tests.ts";
import type { Config } from "../../../model/config.ts";
import type { RuleTest } from "../../../model/files/test-file.ts";
import { ruleCheckers } from "../../open-config.ts";
import { configOfRules } from "./config.ts";

export interface RuleTestFile {
  /** As it was named. */
  file: string;
  tests: { test: RuleTest; location: Location }[];
  /** What is tested; `config.file` is the file that has the rules. */
  config: Config;
  /** The same as people name it. */
  subject: string;
  /** Where the rule with this index of the configuration stands. */
  locateRule(index: number): Location;
}

export interface OpenTestsOptions {
  /** Folder of the rule packs that come with Lookout. */
  packsDir: string;
  /** Reads and checks a lookout.yml; throws ConfigError. */
  readConfig(file: string): Promise<LoadedConfig>;
}

/** Reads and checks a test file and what it names. Throws ConfigError. */
export async function openRuleTests(path: string, { packsDir, readConfig }: OpenTestsOptions): Promise<RuleTestFile> {
  const loaded = await loadTests(path, { ...ruleCheckers, packsDir });
  const subject = await openSubject(loaded, readConfig);
  const { config } = subject;
  const rules = config.rules.map(({ id }) => id);
  const [channels, intervals] = [Object.keys(config.channels), Object.keys(config.timeIntervals)];
  const findings = checkNames(loaded, { rules, channels, intervals });
  if (findings.length > 0) throw new ConfigError(findings);
  const tests = loaded.tests.map((test, index) => ({ test, location: loaded.locate(["tests", index]) }));
  return { file: path, tests, ...subject };
}

async function openSubject(
  { file, config, rules, locateRule }: LoadedTests,
  readConfig: OpenTestsOptions["readConfig"],
): Promise<Pick<RuleTestFile, "config" | "subject" | "locateRule">> {
  if (config === undefined) return { config: configOfRules(resolve(file), rules), subject: file, locateRule };
  const subject = isAbsolute(config) ? config : join(dirname(file), config);
  const loaded = await readConfig(subject);
  return { config: loaded.config, subject, locateRule: (index) => loaded.places.locate(["rules", index]) };
}
