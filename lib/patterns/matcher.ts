// Many rules' patterns against one event: which of them match, in the given order.
import type { Pattern } from "../model/config.ts";
import type { Place } from "../model/place.ts";
import { PatternError } from "./error.ts";
import { compileIndex, compileTrees } from "./index/index.ts";
import { type CompiledPattern, compilePattern } from "./pattern.ts";

/** Thrown for a rule whose pattern is invalid: which rule, where in its pattern, and why. */
export class InvalidPatternError extends Error {
  override readonly name = "InvalidPatternError";
  readonly ruleId: string;
  readonly path: Place;
  readonly reason: string;

  constructor(ruleId: string, cause: PatternError) {
    super(`rule ${ruleId}: ${cause.message}`, { cause });
    this.ruleId = ruleId;
    this.path = cause.path;
    this.reason = cause.reason;
  }
}

/** Compiles rules; `match` gives the ids of all that match an event, in the given order. Throws InvalidPatternError. */
export function createMatcher(rules: readonly { id: string; when: Pattern }[]): { match(event: object): string[] } {
  const ids = rules.map((rule) => rule.id);
  const trees = rules.map((rule) => compileRule(rule.id, rule.when).tree);
  return { match: compileIndex(trees, ids) };
}

/** Prepares compiled patterns to be matched together; `match` gives the indexes of those that match, ascending. */
export function compileMatcher(patterns: readonly CompiledPattern[]): { match(event: object): number[] } {
  return { match: compileTrees(patterns.map((pattern) => pattern.tree)) };
}

function compileRule(id: string, when: Pattern): CompiledPattern {
  try {
    return compilePattern(when);
  } catch (error) {
    if (error instanceof PatternError) throw new InvalidPatternError(id, error);
    throw error;
  }
}
