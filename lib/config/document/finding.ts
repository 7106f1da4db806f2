// What is wrong with a configuration, where, and what to do: the only way in which loading and linting report problems.
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

/** A configuration that cannot be used, with everything that is wrong about it, sorted by place. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(`the configuration is invalid\n${formatFindings(findings)}`);
    this.findings = findings;
  }
}

export function findingAt(location: Location, place: Place, message: string, hint?: string): Finding {
  return { ...location, path: formatPlace(place), message, ...(hint === undefined ? {} : { hint }) };
}

/** `lookout.yml:12:5` */
export function formatLocation({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`;
}

/** One line for each finding: `lookout.yml:12:5: unknown key "chanels"; did you mean "channels"?` */
export function formatFindings(findings: readonly Finding[]): string {
  return findings.map(formatFinding).join("\n");
}

function formatFinding(finding: Finding): string {
  const { message, hint } = finding;
  const text = `${formatLocation(finding)}: ${message}${hint === undefined ? "" : `; ${hint}`}`;
  return text.replace(/\s*[\r\n]+\s*/g, " ");
}

/** The findings without repetitions, by file (those first named first), line and column. */
export function sortFindings(findings: readonly Finding[], files: readonly string[]): Finding[] {
  const unique = new Map(findings.map((finding) => [formatFinding(finding), finding]));
  const order = (finding: Finding): number => files.indexOf(finding.file);
  return [...unique.values()].sort((a, b) => order(a) - order(b) || a.line - b.line || a.column - b.column);
}
