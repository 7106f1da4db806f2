// Which alerts a pattern means: those that it matches, but of one exempt rule only those that an alternative matches
// which names that rule.
import type { Pattern } from "../model/config.ts";
import type { AlertPredicate, CompileAlertPattern } from "./route.ts";

/** An empty pattern means every alert but those of the exempt rule. */
export function compileMeant(pattern: Pattern, compile: CompileAlertPattern, exempt: string): AlertPredicate {
  const matches = Object.keys(pattern).length === 0 ? () => true : compile(pattern);
  const naming = partNaming(pattern, exempt);
  if (naming === pattern) return matches;
  const named = naming === undefined ? () => false : compile(naming);
  return (alert) => (alert.rule === exempt ? named(alert) : matches(alert));
}

/** Stands in an `$or` for an alternative that does not count; no other test of the pattern takes its field's place. */
const NEVER: Pattern = { "\0": ["\0"] };

/** The pattern with only those alternatives whose `rule` names it; undefined where none does. */
function partNaming(pattern: Pattern, rule: string): Pattern | undefined {
  if (JSON.stringify(pattern["rule"] ?? null).includes(JSON.stringify(rule))) return pattern;
  const { $or } = pattern;
  if (!Array.isArray($or)) return undefined;
  const parts = ($or as Pattern[]).map((alternative) => partNaming(alternative, rule));
  if (parts.every((part) => part === undefined)) return undefined;
  return { ...pattern, $or: parts.map((part) => part ?? NEVER) };
}
