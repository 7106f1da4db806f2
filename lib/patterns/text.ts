// Text operators: wildcards without backtracking, and comparison without regard to case, one character at a time.
import type { Place } from "../model/place.ts";
import { PatternError } from "./error.ts";

/** The literal texts between the stars of a wildcard: `a*b\*c` gives `["a", "b*c"]`; throws PatternError. */
export function parseWildcard(text: string, path: Place): string[] {
  const parts: string[] = [];
  let part = "";
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "*") {
      if (text[index + 1] === "*") {
        throw new PatternError(path, `"**" at position ${index + 1}: one "*" already stands for any text`);
      }
      parts.push(part);
      part = "";
      continue;
    }
    if (text[index] === "\\") {
      index++;
      if (text[index] !== "*" && text[index] !== "\\") {
        throw new PatternError(
          path,
          `"\\" at position ${index} must be followed by "*" or "\\": write "\\\\" for the character itself`,
        );
      }
    }
    part += text[index];
  }
  parts.push(part);
  return parts;
}

/** Whether the text is the parts in order with any text between them; linear but for the search of each part. */
export function matchesWildcard(text: string, parts: readonly string[]): boolean {
  const first = parts[0] as string;
  if (parts.length === 1) return text === first;
  const last = parts[parts.length - 1] as string;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let position = first.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const part = parts[index] as string;
    const found = text.indexOf(part, position);
    if (found < 0 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}

/** The lower and the upper case of each UTF-16 unit: the only two spellings that a character of the pattern accepts. */
export type Cases = readonly (readonly [lower: string, upper: string])[];

export function casesOf(text: string): Cases {
  return text.split("").map((char) => [char.toLowerCase(), char.toUpperCase()]);
}

/** The position after `cases` at the start of the text, -1 where it starts otherwise. */
export function endOfCases(text: string, cases: Cases): number {
  let position = 0;
  for (const [lower, upper] of cases) {
    if (text.startsWith(lower, position)) position += lower.length;
    else if (text.startsWith(upper, position)) position += upper.length;
    else return -1;
  }
  return position;
}

/** Whether the text ends with `cases`. */
export function endsWithCases(text: string, cases: Cases): boolean {
  let position = text.length;
  for (const [lower, upper] of cases.toReversed()) {
    if (text.endsWith(lower, position)) position -= lower.length;
    else if (text.endsWith(upper, position)) position -= upper.length;
    else return false;
  }
  return true;
}
