// The filters that lists take on the command line, and how the terminal says what it cannot take.
import { type Filters, unknownWord } from "../app/queries/filters.ts";
import { parseDuration } from "../model/duration.ts";
import { UsageError } from "./io.ts";

export interface FilterOptions {
  severity?: string;
  rule?: string;
  channel?: string;
  status?: string;
  since?: string;
  resource?: string;
  source?: string;
}

export function filtersFrom({ since, ...options }: FilterOptions): Filters {
  const { severity, rule, channel, status, resource, source } = options;
  return { severity, rule, channel, status, resource, source, since: since === undefined ? undefined : ageOf(since) };
}

/** Whether anything is asked for at all. */
export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}

/** ms */
export function ageOf(since: string): number {
  const age = parseDuration(since);
  if (age !== undefined) return age;
  throw new UsageError(`--since ${since}: expected a duration such as 30m, 2h or 7d`);
}

export function limitOf(limit: string): number {
  const number = Number(limit);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new UsageError(`--limit ${limit}: expected a whole number above 0`);
}

/** For commander: words between commas, each of which must be one of those. */
export function wordsOf(option: string, known: readonly string[]): (text: string) => string {
  return (text) => {
    const wrong = unknownWord(text, known);
    if (wrong === undefined) return text;
    throw new UsageError(`${option} ${wrong}: expected ${known.join(", ")}, or several with commas between`);
  };
}
