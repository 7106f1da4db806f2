// Finds kinds of state that can never come about: the field whose values they compare has one value alone for each key.
import type { RuleConfig } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import type { Places } from "../load/load.ts";
import { testsOf } from "./pattern-walk.ts";

export function lintKind(rule: RuleConfig, index: number, places: Places): Finding[] {
  const { distinct, change, newValue } = rule;
  const compared: [kind: string, field: string | undefined, never: string][] = [
    ["distinct", distinct && distinct.count > 1 ? distinct.field : undefined, `never sees ${distinct?.count} of them`],
    ["change", change?.field, "never changes"],
    ["newValue", newValue?.field, "only teaches its first"],
  ];
  return compared.flatMap(([kind, field, never]): Finding[] => {
    if (field === undefined) return [];
    const place: Place = ["rules", index, kind, "field"];
    const say = (why: string, hint: string): Finding[] => [findingAt(places.locate(place), place, why, hint)];
    if (rule.by.includes(field)) {
      const hint = "name in by what they have in common, such as by: [connection]";
      return say(`"${field}" is in by, so each key has one value, and ${never}`, hint);
    }
    if (isFixed(rule, field)) {
      return say(`when lets one value of "${field}" through, so a key ${never}`, `let when match the others, too`);
    }
    return [];
  });
}

/** Whether `when` accepts no more than one value of the field, whatever its alternatives. */
function isFixed({ when }: RuleConfig, field: string): boolean {
  const { $or: _, ...always } = when;
  const test = testsOf(always, []).findLast((one) => one.field === field);
  const [only, ...more] = test?.values ?? [];
  return only !== undefined && more.length === 0 && (typeof only !== "object" || only === null);
}
