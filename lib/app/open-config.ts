// The configuration file together with everything that checks it and resolves its secrets: the one
// way every start takes.
import { dirname } from "node:path";
import { compileTimeInterval } from "../alerts/time-intervals/time-interval.ts";
import { channelTypes } from "../channels/registry.ts";
import type { RuleCheckers } from "../config/check/rules.ts";
import type { PackFolders } from "../config/document/includes.ts";
import type { Environment } from "../config/environment.ts";
import { type LoadedConfig, loadConfig } from "../config/load/load.ts";
import { createSecrets, type Secrets } from "../config/secrets/secrets.ts";
import type { AwsSecrets } from "../config/secrets/values.ts";
import type { Clock } from "../model/clock.ts";
import type { Pattern } from "../model/config.ts";
import type { Redactor } from "../model/redactor.ts";
import { compilePattern } from "../patterns/pattern.ts";
import { compileExtract } from "../rules/extract.ts";
import { compileTemplate } from "../rules/template.ts";

export interface OpenConfigOptions extends PackFolders {
  env: Environment;
  clock: Clock;
  /** Learns every secret that is resolved. */
  redactor: Redactor;
  /** Default: references to AWS have no value. */
  aws?: AwsSecrets;
}

export interface OpenedConfig extends LoadedConfig {
  secrets: Secrets & Redactor;
}

/** What checks the patterns, templates and expressions of rules, wherever a file holds some. */
export const ruleCheckers: RuleCheckers = {
  compilePattern: (pattern) => compilePattern(pattern as Pattern),
  parseTemplate: compileTemplate,
  compileExtract,
};

/** Reads and checks the file at `path`; throws ConfigError with everything that is wrong. Resolves no secret yet. */
export async function openConfig(path: string, options: OpenConfigOptions): Promise<OpenedConfig> {
  const { packsDir, preparedDir, env, clock, redactor, aws } = options;
  const loaded = await loadConfig(path, {
    ...ruleCheckers,
    channelTypes,
    compileTimeInterval: (spec, defaults) => compileTimeInterval(spec as Record<string, unknown>, defaults),
    packsDir,
    preparedDir,
    env,
  });
  const baseDir = dirname(loaded.config.file);
  const secrets = createSecrets({ env, baseDir, now: clock.now, redactor, ...(aws === undefined ? {} : { aws }) });
  return { ...loaded, secrets: { ...secrets, ...redactor } };
}
