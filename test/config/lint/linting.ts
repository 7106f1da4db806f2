// Lints configurations that are written down by their parts.
import { dirname } from "node:path";
import { compileTimeInterval } from "../../../lib/alerts/time-intervals/time-interval.ts";
import { channelTypes } from "../../../lib/channels/registry.ts";
import { formatFindings } from "../../../lib/config/document/finding.ts";
import { lintConfig } from "../../../lib/config/lint/lint.ts";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import { createSecrets } from "../../../lib/config/secrets/secrets.ts";
import { compilePattern } from "../../../lib/patterns/pattern.ts";
import { CONNECTIONS, type Files, load } from "../workspace.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");

export async function lint(files: Files, env: Record<string, string> = {}): Promise<string> {
  const loaded = await load(files, env);
  const baseDir = dirname(loaded.config.file);
  const secrets = createSecrets({
    env: { HW_ACCESS_KEY: "a", HW_SECRET_KEY: "b", ...env },
    baseDir,
    now: () => NOW,
    redactor: createRedactor(),
  });
  const findings = await lintConfig(loaded, { compilePattern, compileTimeInterval, channelTypes, secrets, now: NOW });
  return formatFindings(findings).replaceAll(`${baseDir}/`, "");
}

export interface Parts {
  connections?: string;
  sources?: string;
  rules?: string;
  channels?: string;
  more?: string;
}

export const ALL =
  "[{ kind: service-events }, { kind: pool-events }, { kind: service-updates }, { kind: training-events }]";

export function file({
  connections,
  sources = ALL,
  rules = "[{ id: any, when: { level: [error] } }]",
  channels = "{ out: { type: console } }",
  more = "",
}: Parts): string {
  return `${connections === undefined ? CONNECTIONS : `connections: ${connections}\n`}sources: ${sources}\nrules: ${rules}\nchannels: ${channels}\n${more}`;
}

export function rule(text: string): Parts {
  return { rules: `[{ id: a, ${text} }]` };
}
