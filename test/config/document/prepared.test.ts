// What is made of a pack when the package is made: it serves for that pack's text alone, and its places stay those of the
// YAML.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type LoadedConfig, loadConfig } from "../../../lib/config/load/load.ts";
import { preparePacks } from "../../../scripts/packs.ts";
import { CHANNELS, CONNECTIONS, depsIn, SOURCES, writeFiles } from "../workspace.ts";

const PACKS = join(import.meta.dirname, "../../../rules");
const ALL = ["health/core", "cloud-eye/core"];
const CONFIG = `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [${ALL.map((name) => `{ include: ${name} }`).join(", ")}]\n`;

async function prepared(from: string): Promise<string> {
  const to = await mkdtemp(join(tmpdir(), "lookout-packs-"));
  onTestFinished(() => rm(to, { recursive: true, force: true }));
  await preparePacks(from, to);
  return to;
}

async function loadFrom(folder: string, packsDir: string, preparedDir?: string): Promise<LoadedConfig> {
  return loadConfig(join(folder, "lookout.yml"), { ...depsIn(folder), packsDir, preparedDir });
}

describe("a prepared pack", () => {
  test("gives the same rules at the same places as its YAML", async () => {
    const folder = await writeFiles({ "lookout.yml": CONFIG });
    const read = await loadFrom(folder, PACKS);
    const given = await loadFrom(folder, PACKS, await prepared(PACKS));
    expect(given.config).toEqual(read.config);
    const placesOf = ({ config, places }: LoadedConfig) =>
      config.rules.flatMap((_, index) => [
        places.locate(["rules", index, "id"]),
        places.locate(["rules", index, "when"], "key"),
        places.pack(index),
      ]);
    expect(placesOf(given)).toEqual(placesOf(read));
  });

  const PACK = "rules: [{ id: a, when: { level: [error] } }]\n";
  test.each<[what: string, yaml: string, severity: string | undefined]>([
    ["is not read again while its text is the same", PACK, "critical"],
    ["gives way to YAML that was changed", `${PACK}# by hand\n`, undefined],
  ])("%s", async (_what, yaml, severity) => {
    const folder = await writeFiles({
      "packs/own.yml": PACK,
      "lookout.yml": `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [{ include: own }]\n`,
    });
    const packs = join(folder, "packs");
    const to = await prepared(packs);
    const made = JSON.parse(await readFile(join(to, "own.json"), "utf8"));
    made.rules[0].severity = "critical";
    await writeFile(join(to, "own.json"), JSON.stringify(made));
    await writeFile(join(packs, "own.yml"), yaml);
    const { config } = await loadFrom(folder, packs, to);
    expect(config.rules.map((rule) => rule.severity)).toEqual([severity]);
  });
});
