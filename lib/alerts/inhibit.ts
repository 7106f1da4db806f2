// Inhibition, with Alertmanager's semantics: which alerts hold others back while they fire, and
// which they hold back. Pure.
import type { Alert } from "../model/alert.ts";
import type { InhibitConfig } from "../model/config.ts";
import { hashOf } from "../model/hash.ts";
import { valueAt } from "../model/path.ts";
import { compileMeant } from "./meant.ts";
import type { AlertPredicate, CompileAlertPattern } from "./route.ts";

/** An alert's place on one side of one inhibit rule. */
export interface Side {
  /** Names the rule by what it says, wherever it stands in the file. */
  rule: string;
  /** Where the rule stands in the file. */
  index: number;
  /** Stands for the alert's values of the rule's `equal`. */
  values: string;
  /** The alert matches the rule's other side, too. */
  both: boolean;
}

export interface Inhibition {
  /** Names the rules, so that a change of them is noticed; empty where there is none. */
  rules: readonly string[];
  /** The rules of which the alert, while it fires, is a source. */
  sourceOf(alert: Alert): Side[];
  /** The rules by which the alert may be held back. */
  targetOf(alert: Alert): Side[];
}

interface Rule {
  name: string;
  index: number;
  equal: readonly string[];
  isSource: AlertPredicate;
  isTarget: AlertPredicate;
}

/** `exempt` names the rule whose alerts only a pattern that names it means. */
export function compileInhibition(
  configs: readonly InhibitConfig[],
  compile: CompileAlertPattern,
  exempt: string,
): Inhibition {
  const meant = (pattern: InhibitConfig["source"]) => compileMeant(pattern, compile, exempt);
  const rules = configs.map(({ source, target, equal }, index): Rule => {
    const name = hashOf([source, target, equal], 16);
    return { name, index, equal, isSource: meant(source), isTarget: meant(target) };
  });
  const side = (alert: Alert, own: "isSource" | "isTarget", other: "isSource" | "isTarget"): Side[] =>
    rules.flatMap((rule) => {
      if (!rule[own](alert)) return [];
      return [{ rule: rule.name, index: rule.index, values: valuesOf(alert, rule.equal), both: rule[other](alert) }];
    });
  return {
    rules: rules.map(({ name }) => name),
    sourceOf: (alert) => side(alert, "isSource", "isTarget"),
    targetOf: (alert) => side(alert, "isTarget", "isSource"),
  };
}

/**
 * Whether a firing source holds the target back. What matches both sides is held back by nothing of
 * which the same is true.
 */
export function inhibits(source: Side, target: Side): boolean {
  return source.rule === target.rule && source.values === target.values && !(source.both && target.both);
}

/** What is missing, null or empty is equal to what is, as a label is in Alertmanager. */
function valuesOf(alert: Alert, equal: readonly string[]): string {
  return hashOf(
    equal.map((path) => {
      const value = valueAt(alert, path);
      return value === undefined || value === "" ? null : value;
    }),
  );
}
