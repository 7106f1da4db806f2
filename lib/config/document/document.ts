// Reads one YAML file into plain values that remember where they stand; every way in which that fails is a finding.
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { LineCounter } from "yaml";
import type { RuleConfig } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { ConfigError, type Finding, findingAt, type Location, sortFindings } from "./finding.ts";
import { parseYaml } from "./parse.ts";
import { setAsideUnquoted, syntaxFindings } from "./syntax.ts";
import { type Problem, readTree } from "./tree.ts";

const MAX_BYTES = 1_000_000;

export interface Document {
  /** As named by whoever asked for it. */
  file: string;
  /** Its length in bytes. */
  bytes: number;
  /** How many it has: maps, lists and what is in them. */
  values: number;
  /** Objects, lists, strings, numbers, booleans and nulls; undefined keys do not occur. */
  root: unknown;
  /** What is wrong with it as YAML, though it could be read: keys given twice, unknown aliases, unquoted references. */
  problems: readonly Finding[];
  /** Of a pack that was prepared: its rules, checked, at their places. */
  rules?: readonly (RuleConfig | null)[];
  /** Where the key or the value of a place stands; that of the nearest place around it where there is none. */
  locate(place: Place, part?: "key" | "value"): Location;
  /** The text of a number or boolean as it was written; undefined for anything else. */
  written(place: Place): string | undefined;
}

/**
 * Reads and parses `path`, called `file` in findings; `unreadable` makes the finding of a file that cannot be read.
 * Throws ConfigError where there is nothing to go on with.
 */
export async function readDocument(path: string, file: string, unreadable = ownPlace(file)): Promise<Document> {
  const { text, bytes } = await readText(path, unreadable);
  return parseText(text, bytes, file);
}

type Complain = (problem: string, hint?: string) => Finding;

function ownPlace(file: string): Complain {
  return (problem, hint) => findingAt({ file, line: 1, column: 1 }, [], problem, hint);
}

async function readText(path: string, unreadable: Complain): Promise<{ text: string; bytes: number }> {
  const fail = (problem: string, hint?: string): ConfigError => new ConfigError([unreadable(problem, hint)]);
  let bytes: Buffer;
  try {
    const problem = unusable(await stat(path));
    if (problem !== undefined) throw fail(problem);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw fail("there is no such file");
    if (code === "EACCES" || code === "EPERM") throw fail("cannot be read", "allow this user to read the file");
    throw fail(`cannot be read (${code ?? "unknown error"})`);
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), bytes: bytes.length };
  } catch {
    throw fail("is not UTF-8 text", "save the file as UTF-8");
  }
}

function unusable(stats: Stats): string | undefined {
  if (stats.isDirectory()) return "is a directory, not a file";
  if (!stats.isFile()) return "is not a regular file";
  return stats.size > MAX_BYTES ? "is larger than 1 MB" : undefined;
}

async function parseText(text: string, bytes: number, file: string): Promise<Document> {
  const counter = new LineCounter();
  const at = (offset: number): Location => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const report = (findings: Finding[]): void => {
    if (findings.length > 0) throw new ConfigError(findings);
  };
  const unquoted = await setAsideUnquoted(text);
  const { yaml, tooMuch } = await parseYaml(unquoted.text, counter);
  if (tooMuch) report([findingAt(at(tooMuch.offset), [], tooMuch.message)]);
  const broken = syntaxFindings(yaml, at, unquoted.lostAt);
  if (broken.length > 0 || unquoted.lostAt < text.length)
    report(sortFindings([...unquoted.findings(at), ...broken], [file]));
  unquoted.restore(yaml);
  await turn();
  const tree = readTree(yaml);
  await turn();
  const finding = ({ offset, place, message, hint }: Problem): Finding => findingAt(at(offset), place, message, hint);
  if (tree.tooMuch) report([finding(tree.tooMuch)]);
  if (tree.root === null) report([findingAt(at(0), [], "is empty")]);
  return {
    file,
    bytes,
    values: tree.values,
    root: tree.root,
    problems: [...unquoted.findings(at), ...tree.problems.map(finding)],
    locate: (place, part = "value") => at(tree.offset(place, part)),
    written: (place) => tree.written(place),
  };
}
