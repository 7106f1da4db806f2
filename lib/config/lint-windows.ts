// Finds windows that are over before anybody can see them full: such alerts are told as resolved only, and page nobody.
import type { Config, RuleConfig } from "../model/config.ts";
import { type Finding, findingAt } from "./finding.ts";
import type { CompilePattern } from "./lint-patterns.ts";
import type { Places } from "./load.ts";
import { feedsOf } from "./silence.ts";

/** A window shorter than the lateness by more than this is told: most events that are late at all are so by less. */
const MUCH = 10;

/** A window ends in event time: by the time an event is polled, or shows up at last, it may long be over. */
export function lintWindow(
  rule: RuleConfig,
  index: number,
  config: Config,
  places: Places,
  compile: CompilePattern,
): Finding[] {
  const kind = rule.threshold === undefined ? "distinct" : "threshold";
  const within = rule[kind]?.within;
  if (within === undefined) return [];
  const place = ["rules", index, kind, "within"];
  return feedsOf(rule.when, config, compile)
    .flatMap(({ id, every, lateness }): Finding[] => {
      const say = (why: string, hint: string): Finding[] => [
        findingAt(places.locate(place), place, `within ${duration(within)} ${why}`, hint),
      ];
      const over = "the alert opens when it is over already, is told as resolved and pages nobody";
      if (within < every) {
        return say(
          `is shorter than every ${duration(every)} of the source "${id}": ${over}`,
          "poll more often, or count within longer",
        );
      }
      if (within * MUCH >= lateness) return [];
      const late = `events of the source "${id}" may appear ${duration(lateness)} after their time (lateness)`;
      return say(`is meaningless for late events: ${late}, and then ${over}`, `count within ${duration(lateness)}`);
    })
    .slice(0, 1);
}

const UNITS: readonly [string, number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
];

/** ms as people write them. */
function duration(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms % length === 0) ?? ["s", 1_000];
  return `${ms / size}${unit}`;
}
