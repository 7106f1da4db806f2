// Reads and checks the rule packs once for all who install the package: what a start then finds beside the code.
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ruleCheckers } from "../lib/app/open-config.ts";
import { checkInhibit } from "../lib/config/check/inhibitions.ts";
import { checkRules, ruleConfigs } from "../lib/config/check/rules.ts";
import { readDocument } from "../lib/config/document/document.ts";
import { ConfigError } from "../lib/config/document/finding.ts";
import { hashOfPack, type PreparedPack } from "../lib/config/document/prepared.ts";
import { field, itemsOf } from "../lib/config/document/raw.ts";
import { validateFile } from "../lib/config/document/validate-file.ts";
import { PackFrame } from "../lib/model/files/rule-file.ts";

/** Writes one file for each pack below `from` to the same place below `to`. */
export async function preparePacks(from: string, to: string): Promise<void> {
  for (const name of globSync("**/*.yml", { cwd: from, exclude: ["**/*.examples.yml"] })) {
    const target = join(to, name.replace(/\.yml$/, ".json"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, JSON.stringify(await preparePack(join(from, name))));
  }
}

async function preparePack(path: string): Promise<PreparedPack> {
  const document = await readDocument(path, path);
  const sites = itemsOf(field(document.root, "rules")).map((raw, index) => {
    return { raw, document, place: ["rules", index], pack: undefined };
  });
  const own = sites.filter(({ raw }) => field(raw, "include") === undefined);
  const shape = (await validateFile(PackFrame, document)).findings;
  const inhibits = itemsOf(field(document.root, "inhibit")).flatMap((raw, index) => {
    return checkInhibit(raw, document, ["inhibit", index], ruleCheckers.compilePattern);
  });
  const findings = [...document.problems, ...shape, ...inhibits, ...(await checkRules(own, ruleCheckers))];
  if (findings.length > 0) throw new ConfigError(findings);
  const configs = await ruleConfigs(own);
  const rules = sites.map((site) => configs[own.indexOf(site)] ?? null);
  const pack = { hash: hashOfPack(readFileSync(path, "utf8")), root: document.root, rules };
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(pack)), pack)) throw new Error(`${path} cannot be kept as JSON`);
  return pack;
}
