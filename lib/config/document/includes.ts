// The rules of a file and of all it includes, in order; each keeps the file and place it comes from.
import { readdir } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Place } from "../../model/place.ts";
import { PackFile } from "../../model/rule-file.ts";
import { type Document, readDocument } from "./document.ts";
import { ConfigError, ENOUGH, type Finding, findingAt, formatLocation } from "./finding.ts";
import { field, itemsOf } from "./raw.ts";
import { shownWord } from "./shown.ts";
import { validate } from "./validate.ts";
import { unknownName } from "./words.ts";

/** One rule as it stands in a file. */
export interface RuleSite {
  raw: unknown;
  document: Document;
  place: Place;
  /** The outermost include of a pack that comes with Lookout, where the rule is from one. */
  pack: { document: Document; place: Place; name: string } | undefined;
}

interface Expanded {
  sites: RuleSite[];
  findings: Finding[];
  /** Every file that was read, as named in findings; the first is the configuration itself. */
  files: string[];
}

/** Of the configuration with all that it includes. */
const MAX_BYTES = 4_000_000;
const PACK = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/;

interface File {
  document: Document;
  path: string;
  /** Absolute paths of the files that include this one, and of itself. */
  chain: readonly string[];
  pack: RuleSite["pack"];
}

/** Never throws ConfigError: an include that fails is a finding, and the others go on. */
export async function expandRules(root: Document, path: string, packsDir: string): Promise<Expanded> {
  const expanded: Expanded = { sites: [], findings: [], files: [root.file] };
  const places = new Map<string, string>();
  let bytes = root.bytes;
  let packs: Promise<string[]> | undefined;

  async function readFileRules({ document, path, chain, pack }: File): Promise<void> {
    for (const [index, raw] of itemsOf(field(document.root, "rules")).entries()) {
      const include = field(raw, "include");
      const place: Place = ["rules", index];
      if (bytes > MAX_BYTES || expanded.findings.length >= ENOUGH) return;
      if (typeof include !== "string") expanded.sites.push({ raw, document, place, pack });
      else await readInclude(include, [...place, "include"], { document, path, chain, pack });
    }
  }

  async function readInclude(include: string, place: Place, from: File): Promise<void> {
    const complain = (message: string, hint?: string): Finding =>
      findingAt(from.document.locate(place), place, message, hint);
    const shown = shownWord(include);
    const isFile = /\.ya?ml$/.test(include);
    if (isFile ? isAbsolute(include) : !PACK.test(include)) {
      expanded.findings.push(complain(`${shown} is neither a pack nor the relative path of a .yml file`));
      return;
    }
    const path = isFile ? resolve(dirname(from.path), include) : resolve(packsDir, `${include}.yml`);
    const known = places.get(path);
    if (from.chain.includes(path) || known !== undefined) {
      const message = from.chain.includes(path) ? `${shown} includes itself` : `${shown} is included twice`;
      expanded.findings.push(complain(message, known === undefined ? undefined : `the first time at ${known}`));
      return;
    }
    places.set(path, formatLocation(from.document.locate(place)));
    packs ??= packNames(packsDir);
    if (!isFile && !(await packs).includes(include)) {
      expanded.findings.push(complain(...unknownPack(include, await packs)));
      return;
    }
    const file = isFile ? join(dirname(from.document.file), include) : path;
    try {
      const document = await readDocument(path, file, (problem, hint) => complain(`${shown} ${verb(problem)}`, hint));
      expanded.files.push(file);
      bytes += document.bytes;
      if (bytes > MAX_BYTES) {
        expanded.findings.push(complain("the configuration with all its includes is larger than 4 MB"));
        return;
      }
      expanded.findings.push(...document.problems, ...validate(PackFile, document.root, document, []).findings);
      const pack = from.pack ?? (isFile ? undefined : { document: from.document, place, name: include });
      await readFileRules({ document, path, chain: [...from.chain, path], pack });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      expanded.files.push(file);
      expanded.findings.push(...error.findings);
    }
  }

  await readFileRules({ document: root, path: resolve(path), chain: [resolve(path)], pack: undefined });
  return expanded;
}

function verb(problem: string): string {
  return problem === "there is no such file" ? "is not there" : problem;
}

function unknownPack(name: string, names: readonly string[]): [message: string, hint: string] {
  return names.length > 0
    ? unknownName("pack", name, names)
    : [`there is no pack ${shownWord(name)}`, "this installation has none"];
}

/** Names of the packs that come with Lookout, sorted. */
async function packNames(packsDir: string): Promise<string[]> {
  const files = await readdir(packsDir, { recursive: true }).catch(() => []);
  return files
    .map((file) => file.replaceAll("\\", "/"))
    .flatMap((file) => (file.endsWith(".yml") ? file.slice(0, -".yml".length) : []))
    .filter((name) => PACK.test(name))
    .sort();
}
