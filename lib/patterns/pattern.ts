// Event patterns with the semantics of Amazon's public event-ruler library: parsed strictly,
// matched without side effects.
import { keepsDigits } from "../model/digits.ts";
import { type Place, show } from "../model/place.ts";
import { PatternError } from "./error.ts";
import { compileTrees } from "./index/index.ts";
import { parsePattern } from "./parse.ts";
import type { PatternTree } from "./tree.ts";

export interface CompiledPattern {
  /** The parsed pattern, for code that asks what its fields may be. */
  readonly tree: PatternTree;
  /** Whether the pattern matches; throws nothing, whatever JSON the event holds. */
  matches(event: object): boolean;
}

/** Compiles a pattern as it comes from JSON or YAML; throws PatternError with the place and the reason. */
export function compilePattern(pattern: unknown): CompiledPattern {
  const tree = parsePattern(pattern);
  let match: ((event: object) => number[]) | undefined;
  return {
    tree,
    matches(event) {
      // Compiled at first use: a pattern that only goes into a shared matcher never needs one of its own.
      match ??= compileTrees([tree]);
      return match(event).length > 0;
    },
  };
}

/**
 * The pattern written as JSON text, to be given to compilePattern. Throws PatternError where the text is no JSON, or
 * holds a number with more digits than a number here can keep, which would silently match another one.
 */
export function parsePatternText(text: string): unknown {
  const lost: { holder: unknown; key: string; source: string }[] = [];
  function note(this: unknown, key: string, value: unknown, context?: { source?: string }): unknown {
    const source = context?.source;
    if (typeof value === "number" && source !== undefined && !keepsDigits(source, value))
      lost.push({ holder: this, key, source });
    return value;
  }
  const pattern = parseJson(text, note);
  const [first] = lost;
  // What is no object is refused as that.
  if (first === undefined || typeof pattern !== "object") return pattern;
  const reason = `the number ${show(first.source)} is too large or too precise to be compared`;
  throw new PatternError(placeOf(pattern, first.holder, first.key), reason);
}

function parseJson(text: string, reviver: (this: unknown, key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // Where it is wrong locateInJson tells, for every message.
    throw new PatternError(
      [],
      `is not valid JSON: ${said.replace(/( in JSON)? at position .*$|, (\.{3})?".*is not valid JSON$/s, "")}`,
    );
  }
}

/** The place of `holder[key]` within `root`. */
function placeOf(root: unknown, holder: unknown, key: string): Place {
  const pending: [value: unknown, place: Place][] = [[root, []]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, place] = next;
    if (typeof value !== "object" || value === null) continue;
    const step = (name: string): string | number => (Array.isArray(value) ? Number(name) : name);
    if (value === holder) return [...place, step(key)];
    for (const [name, child] of Object.entries(value)) pending.push([child, [...place, step(name)]]);
  }
  return [];
}
