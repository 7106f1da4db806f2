// Finds what waits for events that never come: rules, alternatives of their patterns, and the steps that must follow.
import type { Config, Pattern, RuleConfig } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import type { Places } from "../load/load.ts";
import { whyNever } from "./never-matches.ts";
import { branchesOf } from "./pattern-walk.ts";
import type { CompilePattern } from "./patterns.ts";

/** Rules that never match; of a pack only when none of its rules does, since a pack covers more than one has. */
export function lintUnmatched(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const packs = new Map<string, { finding: Finding; useless: boolean }>();
  const findings = config.rules.flatMap((rule, index): Finding[] => {
    const reason = whyNever(rule.when, config, compile);
    const pack = places.pack(index);
    if (pack === undefined) {
      const place = ["rules", index, "when"];
      const message = `the rule "${rule.id}" can never match: ${reason}`;
      return reason === undefined
        ? [
            ...lintBranches(rule.when, place, config, places, compile),
            ...lintFollowUps(rule, index, config, places, compile),
          ]
        : [findingAt(places.locate(place, "key"), place, message)];
    }
    const message = `no rule of the pack "${pack.name}" can ever match: ${reason}`;
    const known = packs.get(pack.name) ?? { finding: findingAt(pack.location, ["rules"], message), useless: true };
    packs.set(pack.name, { ...known, useless: known.useless && reason !== undefined });
    return [];
  });
  return [...findings, ...[...packs.values()].flatMap(({ finding, useless }) => (useless ? [finding] : []))];
}

/** Alternatives that never match, where another one does. */
function lintBranches(
  pattern: Pattern,
  place: Place,
  config: Config,
  places: Places,
  compile: CompilePattern,
): Finding[] {
  return branchesOf(pattern, place).flatMap(({ only, place: at }): Finding[] => {
    const reason = whyNever(only, config, compile);
    return reason === undefined
      ? []
      : [findingAt(places.locate(at), at, `this alternative can never match: ${reason}`)];
  });
}

/** What must follow and never can: such a rule always opens (expect), or never does (sequence). */
function lintFollowUps(
  rule: RuleConfig,
  index: number,
  config: Config,
  places: Places,
  compile: CompilePattern,
): Finding[] {
  return followUps(rule).flatMap(([pattern, at]): Finding[] => {
    const reason = whyNever(pattern, config, compile);
    const place = ["rules", index, ...at];
    return reason === undefined ? [] : [findingAt(places.locate(place), place, `this can never match: ${reason}`)];
  });
}

/** Patterns that must match after `when`. */
export function followUps({ expect, sequence }: Pick<RuleConfig, "expect" | "sequence">): [Pattern, Place][] {
  const steps = sequence?.then ?? [];
  return [
    ...(expect === undefined ? [] : [[expect.when, ["expect", "when"]] as [Pattern, Place]]),
    ...steps.map((step, number): [Pattern, Place] => [step, ["sequence", "then", number]]),
  ];
}
