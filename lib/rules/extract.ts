// Takes values out of an event's text by regular expressions: RE2's syntax, so that time is linear
// in the text's length.
import { RE2JS, RE2JSException } from "re2js";
import { valueAt } from "../model/path.ts";
import { PatternError } from "../patterns/error.ts";

/**
 * The time for one text is its length times the program's size, so these bound it: 16 KB take a quarter
 * of a second at the very worst.
 */
const MAX_PATTERN = 1_000;
const MAX_PROGRAM = 500;
const MAX_GROUPS = 30;
/** So many digits come back from a number exactly as they went in. */
const MAX_DIGITS = 15;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

export interface ExtractSpec {
  /** Dotted path of the text in the event. */
  field: string;
  /** RE2 expression with named groups, `(?<name>…)`. It may match anywhere in the text; the first match counts. */
  pattern: string;
}

export interface Extraction {
  /** By group name; a group that took no part is absent, and later patterns win over earlier ones. */
  extracted: Record<string, string | number>;
  /** How many patterns could not be run to their end; what they would have given is absent. */
  failed: number;
}

/**
 * Makes the patterns ready. The result never throws and reads no more than the named fields: a field that is missing, a
 * list or an object gives nothing. A group that holds a plain decimal number gives a number, unless that would lose
 * something: `007`, `1e5` and more than 15 digits stay text.
 *
 * Throws PatternError, with the path from the list, for an expression that is invalid, too large, names no group or a
 * group twice.
 */
export function compileExtract(specs: readonly ExtractSpec[]): (event: object) => Extraction {
  const patterns = specs.map(({ field, pattern }, index) => {
    const regex = compileRegex(pattern, [index, "pattern"]);
    return { field, regex, names: Object.keys(regex.namedGroups()) };
  });
  return (event) => {
    const extracted: Record<string, string | number> = {};
    let failed = 0;
    for (const { field, regex, names } of patterns) {
      const text = textOf(valueAt(event, field));
      if (text === undefined) continue;
      try {
        const matcher = regex.matcher(text);
        if (!matcher.find()) continue;
        for (const name of names) {
          const value = matcher.group(name);
          if (value !== null) extracted[name] = numberOr(value);
        }
      } catch {
        failed++;
      }
    }
    return { extracted, failed };
  };
}

function compileRegex(pattern: string, path: [number, "pattern"]): RE2JS {
  if (pattern.length > MAX_PATTERN) throw new PatternError(path, `is longer than ${MAX_PATTERN} characters`);
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new PatternError(path, `is no RE2 regular expression: ${complaint(error)}`);
  }
  const names = Object.keys(regex.namedGroups());
  if (names.length === 0) throw new PatternError(path, "names no group: write (?<name>…) around what is wanted");
  if (names.includes("__proto__")) throw new PatternError(path, "names a group __proto__: take another name");
  if (regex.groupCount() > MAX_GROUPS) {
    throw new PatternError(path, `has more than ${MAX_GROUPS} groups: write (?:…) where nothing is wanted`);
  }
  if (regex.programSize() > MAX_PROGRAM) {
    throw new PatternError(path, "is too large: shorten it, or its counted repetitions such as {1,100}");
  }
  return regex;
}

/** What the engine says, with what to do where its words alone do not tell. */
function complaint({ message }: Error): string {
  const said = message.replace(/^error parsing regexp: /, "").replaceAll("`", '"');
  if (/"\(\?<?[=!]/.test(said)) return `${said}; it knows no look-ahead and no look-behind`;
  if (/escape sequence: "\\[1-9k]/.test(said)) return `${said}; it knows no references back to a group`;
  if (said.startsWith("invalid named capture")) return `${said}; a name is of letters, digits and _`;
  return said;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** The number that a plain decimal is; any other text as it is. */
export function numberOr(text: string): string | number {
  if (!DECIMAL.test(text)) return text;
  // "-0" is no other number than 0.
  return significant(text) <= MAX_DIGITS ? Number(text) + 0 : text;
}

function significant(decimal: string): number {
  return decimal.replace(/[-.]/g, "").replace(/^0+/, "").length;
}
