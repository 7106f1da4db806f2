// Event patterns with the semantics of Amazon's public event-ruler library: parsed strictly, matched without side effects.
import { keepsDigits } from "../model/digits.ts";
import { show } from "../model/place.ts";
import { PatternError } from "./pattern-error.ts";
import { compileTrees } from "./pattern-index.ts";
import { parsePattern } from "./pattern-parse.ts";
import type { PatternTree } from "./pattern-tree.ts";

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
  try {
    return JSON.parse(text, refuseRounding);
  } catch (error) {
    if (error instanceof PatternError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    // Where it is wrong locateInJson tells, for every message.
    throw new PatternError(
      [],
      `is not valid JSON: ${said.replace(/( in JSON)? at position .*$|, (\.{3})?".*is not valid JSON$/s, "")}`,
    );
  }
}

function refuseRounding(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  if (keepsDigits(context.source, value)) return value;
  throw new PatternError(
    [],
    `holds the number ${show(context.source)}, which is too large or too precise to be compared`,
  );
}
