// A folder with configuration files for one test, and the real compilers of the other rooms.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { compileTimeInterval } from "../../lib/alerts/time-intervals/time-interval.ts";
import { channelTypes } from "../../lib/channels/registry.ts";
import { ConfigError, formatFindings } from "../../lib/config/document/finding.ts";
import { type ConfigDeps, type LoadedConfig, loadConfig } from "../../lib/config/load/load.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import { compileExtract } from "../../lib/rules/extract.ts";
import { compileTemplate } from "../../lib/rules/template.ts";

/** Every part that a file must have, to be written before what a test is about. */
export const CONNECTIONS =
  "connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }\n";
export const SOURCES = "sources: [{ kind: training-events }]\n";
export const RULES = "rules: [{ id: any, when: { source: [training-events] } }]\n";
export const CHANNELS = 'channels: { chat: { type: feishu, url: "${env:CHAT_URL}" } }\n';
export const MINIMAL = CONNECTIONS + SOURCES + RULES + CHANNELS;

export type Files = Readonly<Record<string, string | Uint8Array>>;

export async function writeFiles(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lookout-config-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

export function depsIn(folder: string, env: ConfigDeps["env"] = {}): ConfigDeps {
  const packsDir = join(folder, "packs");
  return {
    channelTypes,
    compileExtract,
    compilePattern,
    compileTimeInterval,
    parseTemplate: compileTemplate,
    packsDir,
    env,
  };
}

export async function load(files: Files | string, env: ConfigDeps["env"] = {}): Promise<LoadedConfig> {
  const folder = await writeFiles(typeof files === "string" ? { "lookout.yml": files } : files);
  return loadConfig(join(folder, "lookout.yml"), depsIn(folder, env));
}

/** What is printed of an invalid configuration, with paths from its folder on. */
export async function complaints(files: Files | string): Promise<string> {
  const folder = await writeFiles(typeof files === "string" ? { "lookout.yml": files } : files);
  try {
    await loadConfig(join(folder, "lookout.yml"), depsIn(folder));
  } catch (error) {
    if (error instanceof ConfigError) return formatFindings(error.findings).replaceAll(`${folder}/`, "");
    throw error;
  }
  return "";
}
