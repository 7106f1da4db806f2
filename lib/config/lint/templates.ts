// Finds what templates name and no event, alert or rule has: it would be shown as nothing.
import { Liquid } from "liquidjs";
import type { Config, RuleConfig } from "../../model/config.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import { didYouMean, nearest } from "../document/words.ts";
import type { Places } from "../load/load.ts";
import { ALERT_FIELDS, labelValues, unknownEventStep, unknownStep } from "./vocabulary.ts";

const RULE_FIELDS = ["id", "labels", "runbook"];
const ROOTS = ["event", "alert", "rule"];

export function lintTemplates(config: Config, places: Places): Finding[] {
  const liquid = new Liquid();
  return config.rules.flatMap((rule, index) =>
    (["summary", "description"] as const).flatMap((key) => {
      const place = ["rules", index, key];
      const paths = rule[key] === undefined ? [] : liquid.globalVariableSegmentsSync(rule[key], { partials: false });
      return paths.flatMap((path): Finding[] => {
        const problem = problemOf(path, rule, config);
        return problem === undefined ? [] : [findingAt(places.locate(place), place, ...problem)];
      });
    }),
  );
}

export type Problem = [message: string, hint?: string];

function problemOf(path: readonly unknown[], rule: RuleConfig, config: Config): Problem | undefined {
  const [root, ...steps] = path;
  if (!ROOTS.includes(String(root))) {
    return withNearest(`templates know event, alert and rule, not "${root}"`, String(root), ROOTS);
  }
  // A step that is no word is only known when the template is rendered.
  const words = steps.slice(0, steps.findIndex((step) => typeof step !== "string") >>> 0).map(String);
  const [first, second] = words;
  if (first === undefined) return undefined;
  const name = words.join(".");
  const unknown =
    root === "event" ? unknownEventStep(name, rule) : unknownStep(name, root === "alert" ? ALERT_FIELDS : RULE_FIELDS);
  if (unknown !== undefined) return withNearest(`no ${root} has a field "${name}"`, unknown.step, unknown.known);
  if (second === undefined) return undefined;
  if (first === "labels") return lostLabel(String(root), second, rule, config);
  return root === "alert" && first === "key" ? lostKey(second, words.slice(1).join("."), rule) : undefined;
}

/** Labels come from the configuration alone: an event's from sources and targets, an alert's from its rule, too. */
function lostLabel(root: string, name: string, rule: RuleConfig, { sources }: Config): Problem | undefined {
  const values = labelValues(`labels.${name}`, root === "rule" ? [] : sources, root === "event" ? [] : [rule]);
  return values?.length === 0 ? [`nothing gives "${root}.labels.${name}"`] : undefined;
}

/** The fields of a key have dots in their names. */
function lostKey(step: string, dotted: string, { by }: RuleConfig): Problem | undefined {
  if (by.includes(step) || step === "overflow") return undefined;
  const hint = by.includes(dotted) ? `write alert.key["${dotted}"]` : `by names ${by.join(", ") || "nothing"}`;
  return [`"alert.key.${dotted}" is never there`, hint];
}

export function withNearest(message: string, word: string, known: readonly string[]): Problem {
  const near = nearest(word, known);
  return near === undefined ? [message] : [message, didYouMean(near)];
}
