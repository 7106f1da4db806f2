// The rules of a file and of all it includes, in order, and what included files hold back; each keeps its file and
// place.
import { readdir } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { PackFile } from "../../model/files/rule-file.ts";
import type { Place } from "../../model/place.ts";
import { type Document, readDocument } from "./document.ts";
import { ConfigError, ENOUGH, type Finding, findingAt, formatLocation, type Location } from "./finding.ts";
import { readPack } from "./prepared.ts";
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

/** One entry of `inhibit` as it stands in an included file. */
export interface InhibitSite {
  raw: unknown;
  document: Document;
  place: Place;
  /** The ids of the file's own rules and of those that it includes: the entry is about their alerts alone. */
  rules: readonly string[];
  isPack: boolean;
}

interface Expanded {
  sites: RuleSite[];
  inhibits: InhibitSite[];
  findings: Finding[];
  /** Every file that was read, as named in findings; the first is the configuration itself. */
  files: string[];
}

export interface PackFolders {
  /** Of the rule packs that come with Lookout: `modelarts/pools` is `modelarts/pools.yml` in it. */
  packsDir: string;
  /** Of what was made of them when the package was made: `modelarts/pools.json`. */
  preparedDir?: string | undefined;
}

/** Of the configuration with all that it includes. */
const MAX_BYTES = 4_000_000;
const MAX_VALUES = 24_000;
const PACK = /^[a-z0-9][a-z0-9-]*(\/[a-z0-9][a-z0-9-]*)*$/;

interface File {
  document: Document;
  path: string;
  /** Absolute paths of the files that include this one, and of itself. */
  chain: readonly string[];
  pack: RuleSite["pack"];
}

/** The reading of a configuration with all that it includes. */
interface Reading extends PackFolders {
  expanded: Expanded;
  /** Where each file was included first, by its absolute path. What is asked reads the place. */
  places: Map<string, () => Location>;
  bytes: number;
  values: number;
  /** Names of the packs, once they are asked for. */
  packs: Promise<string[]> | undefined;
}

/** Never throws ConfigError: an include that fails is a finding, and the others go on. */
export async function expandRules(
  root: Document,
  path: string,
  { packsDir, preparedDir }: PackFolders,
): Promise<Expanded> {
  const expanded: Expanded = { sites: [], inhibits: [], findings: [], files: [root.file] };
  const reading = {
    packsDir,
    preparedDir,
    expanded,
    places: new Map(),
    bytes: root.bytes,
    values: root.values,
    packs: undefined,
  };
  await takeRules(reading, { document: root, path: resolve(path), chain: [resolve(path)], pack: undefined });
  return expanded;
}

async function takeRules(reading: Reading, file: File): Promise<void> {
  const { sites, findings } = reading.expanded;
  const { document, pack } = file;
  for (const [index, raw] of itemsOf(field(document.root, "rules")).entries()) {
    if (isTooMuch(reading) || findings.length >= ENOUGH) return;
    const name = field(raw, "include");
    const place: Place = ["rules", index];
    if (typeof name !== "string") sites.push({ raw, document, place, pack });
    else await takeInclude(reading, includeOf(reading, name, [...place, "include"], file));
  }
}

function isTooMuch({ bytes, values }: Reading): boolean {
  return bytes > MAX_BYTES || values > MAX_VALUES;
}

interface Include {
  /** As it is written. */
  name: string;
  place: Place;
  /** The file that includes it. */
  from: File;
  isFile: boolean;
  path: string;
  complain(message: string, hint?: string): Finding;
}

function includeOf({ packsDir }: Reading, name: string, place: Place, from: File): Include {
  const isFile = /\.ya?ml$/.test(name);
  const path = isFile ? resolve(dirname(from.path), name) : resolve(packsDir, `${name}.yml`);
  const complain = (message: string, hint?: string) => findingAt(from.document.locate(place), place, message, hint);
  return { name, place, from, isFile, path, complain };
}

async function takeInclude(reading: Reading, include: Include): Promise<void> {
  const refusal = await refusalOf(reading, include);
  if (refusal === undefined) await readInclude(reading, include);
  else reading.expanded.findings.push(refusal);
}

/** Why the include is not read; else it is remembered to be included here. */
async function refusalOf(reading: Reading, include: Include): Promise<Finding | undefined> {
  const { name, place, from, isFile, path, complain } = include;
  const shown = shownWord(name);
  if (isFile ? isAbsolute(name) : !PACK.test(name)) {
    return complain(`${shown} is neither a pack nor the relative path of a .yml file`);
  }
  const known = reading.places.get(path);
  const hint = known === undefined ? undefined : `the first time at ${formatLocation(known())}`;
  if (from.chain.includes(path)) return complain(`${shown} includes itself`, hint);
  if (known !== undefined) return complain(`${shown} is included twice`, hint);
  reading.places.set(path, () => from.document.locate(place));
  reading.packs ??= packNames(reading.packsDir);
  const packs = await reading.packs;
  return isFile || packs.includes(name) ? undefined : complain(...unknownPack(name, packs));
}

async function readInclude(reading: Reading, { name, place, from, isFile, path, complain }: Include): Promise<void> {
  const { files, findings } = reading.expanded;
  const file = isFile ? join(dirname(from.document.file), name) : path;
  files.push(file);
  try {
    const unreadable = (problem: string, hint?: string) => complain(`${shownWord(name)} ${verb(problem)}`, hint);
    const prepared = reading.preparedDir && join(reading.preparedDir, `${name}.json`);
    const document = isFile ? await readDocument(path, file, unreadable) : await readPack(path, prepared, unreadable);
    reading.bytes += document.bytes;
    reading.values += document.values;
    if (isTooMuch(reading)) {
      const hint = "have targets discovered, or let one rule do the work of many";
      const bound = reading.bytes > MAX_BYTES ? "is larger than 4 MB" : `has more than ${MAX_VALUES} values`;
      findings.push(complain(`the configuration with all its includes ${bound}`, hint));
      return;
    }
    findings.push(...document.problems);
    if (document.rules === undefined) findings.push(...validate(PackFile, document.root, document, []).findings);
    const pack = from.pack ?? (isFile ? undefined : { document: from.document, place, name });
    const first = reading.expanded.sites.length;
    await takeRules(reading, { document, path, chain: [...from.chain, path], pack });
    takeInhibits(reading.expanded, document, reading.expanded.sites.slice(first), pack !== undefined);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.push(...error.findings);
  }
}

function takeInhibits({ inhibits }: Expanded, document: Document, own: readonly RuleSite[], isPack: boolean): void {
  const entries = itemsOf(field(document.root, "inhibit"));
  const rules = own.flatMap(({ raw }) => field(raw, "id")).filter((id) => typeof id === "string");
  inhibits.push(...entries.map((raw, index) => ({ raw, document, place: ["inhibit", index], rules, isPack })));
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
