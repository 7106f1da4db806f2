// `lookout match`: filters events from stdin by a pattern, like grep.
import { PatternError } from "../../patterns/error.ts";
import { locateInJson } from "../../patterns/json-place.ts";
import { compilePattern, parsePatternText } from "../../patterns/pattern.ts";
import { DONE, type Io, UsageError, WRONG } from "../io.ts";
import { MOST_TEXT, stdinLines } from "../stdin.ts";

/** Prints the lines whose event the pattern matches, as they are. Exit 1: none matched, or a line is no JSON object. */
export async function matchCommand(io: Io, { pattern }: { pattern: string }): Promise<number> {
  const compiled = compile(pattern);
  let matched = 0;
  let bad = 0;
  let at = 0;
  for await (const line of stdinLines(io.gone)) {
    // Nobody reads on, as behind `head`: what would still come is nobody's.
    if (io.gone.aborted) break;
    at++;
    if (line?.trim() === "") continue;
    const event = line === undefined ? undefined : parseEvent(line);
    if (event === undefined) {
      bad++;
      io.err(`lookout: line ${at} of stdin is ${line === undefined ? `longer than ${MOST_TEXT}` : "no JSON object"}\n`);
      continue;
    }
    if (!compiled.matches(event)) continue;
    matched++;
    io.out(`${line}\n`);
  }
  return matched > 0 && bad === 0 ? DONE : WRONG;
}

function compile(pattern: string) {
  try {
    return compilePattern(parsePatternText(pattern));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { line, column } = locateInJson(pattern, error.path);
    throw new UsageError(`--pattern, line ${line}, column ${column}: ${error.message}`);
  }
}

function parseEvent(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
