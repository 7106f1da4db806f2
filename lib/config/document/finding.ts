// What is wrong with a configuration, where, and what to do: the only way in which loading and linting report problems.

import { setImmediate as turn } from "node:timers/promises";
import { formatPlace, type Place } from "../../model/place.ts";

/** A place in a file. Line and column count from 1. */
export interface Location {
  file: string;
  line: number;
  column: number;
}

export interface Finding extends Location {
  /** The place within the configuration, as `rules[0].when.level`; empty for the whole file. */
  path: string;
  message: string;
  /** What to do about it. */
  hint?: string;
}

/** So many are kept and shown; whoever has more begins with these. */
const SHOWN = 100;
/** A check that has found so many looks for no more. */
export const ENOUGH = 300;
/** Characters of a message, a hint or a path, at most: what people wrote may be of any length. */
const MAX_LENGTH = 500;

/** A configuration that cannot be used, with what is wrong about it, sorted by place. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** The first ones. */
  readonly findings: readonly Finding[];
  /** How many others there are; of many, at least. */
  readonly more: number;

  constructor(all: readonly Finding[], more = 0) {
    const { findings, more: others } = firstOf(all);
    super(`the configuration is invalid\n${formatFindings(findings, others + more)}`);
    this.findings = findings;
    this.more = others + more;
  }
}

/** Those that are shown, and how many others there are. */
export function firstOf(all: readonly Finding[]): { findings: Finding[]; more: number } {
  return { findings: all.slice(0, SHOWN), more: Math.max(0, all.length - SHOWN) };
}

export function findingAt(location: Location, place: Place, message: string, hint?: string): Finding {
  const said = { path: shortened(formatPlace(place)), message: shortened(message) };
  return { ...location, ...said, ...(hint === undefined ? {} : { hint: shortened(hint) }) };
}

function shortened(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1).toWellFormed()}…` : text;
}

/** What `check` finds in the items, one after another, until it is enough. */
export function findIn<T>(items: Iterable<T>, check: (item: T, index: number) => readonly Finding[]): Finding[] {
  const findings: Finding[] = [];
  let index = 0;
  for (const item of items) {
    for (const finding of check(item, index++)) findings.push(finding);
    if (findings.length >= ENOUGH) break;
  }
  return findings;
}

/** `lookout.yml:12:5` */
export function formatLocation({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`;
}

/** One line for each finding: `lookout.yml:12:5: unknown key "chanels"; did you mean "channels"?` */
export function formatFindings(findings: readonly Finding[], more = 0): string {
  const others = more + findings.length >= ENOUGH ? `at least ${more}` : more;
  return [...findings.map(formatFinding), ...(more > 0 ? [`and ${others} more`] : [])].join("\n");
}

function formatFinding(finding: Finding): string {
  const { message, hint } = finding;
  const text = `${formatLocation(finding)}: ${message}${hint === undefined ? "" : `; ${hint}`}`;
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}

/** The findings without repetitions, by file (those first named first), line and column. */
export function sortFindings(findings: readonly Finding[], files: readonly string[]): Finding[] {
  const unique = new Map(findings.map((finding) => [formatFinding(finding), finding]));
  const numbers = new Map(files.map((file, index) => [file, index]));
  const order = (finding: Finding): number => numbers.get(finding.file) ?? -1;
  return [...unique.values()].sort((a, b) => order(a) - order(b) || a.line - b.line || a.column - b.column);
}

/** The same of several checks, between which others have their turn. */
export async function findInTurns(
  checks: readonly (() => readonly Finding[] | Promise<readonly Finding[]>)[],
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    for (const finding of await check()) findings.push(finding);
    if (findings.length >= ENOUGH) break;
    await turn();
  }
  return findings;
}
