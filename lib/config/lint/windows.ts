// Finds spans of time that are over before anybody can see what lies in them.
import type { Config, RuleConfig } from "../../model/config.ts";
import { durationText } from "../../model/duration.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import type { Places } from "../load/load.ts";
import { feedsOf } from "./never-matches.ts";
import type { CompilePattern } from "./patterns.ts";

/** A span shorter than the lateness by more than this is reported: most events that are late at all are so by less. */
const MUCH = 10;

interface Span {
  /** As it is said: `within`, `after`, `for`. */
  word: string;
  ms: number;
  at: Place;
  /** Whether its end resolves the alert, or opens it. */
  end: "resolves" | "opens";
}

/** Spans are in event time: by the time an event is polled, or shows up at last, they may long be over. */
export function lintWindows(
  rule: RuleConfig,
  index: number,
  config: Config,
  places: Places,
  compile: CompilePattern,
): Finding[] {
  const spans = spansOf(rule);
  if (spans.length === 0) return [];
  const feeds = feedsOf(rule.when, config, compile);
  return spans.flatMap(({ word, ms, at, end }) => {
    const place = ["rules", index, ...at];
    return feeds
      .flatMap(({ source: { id, every, lateness } }): Finding[] => {
        const say = (why: string, hint: string): Finding[] => [
          findingAt(places.locate(place), place, `${word} ${durationText(ms)} ${why}`, hint),
        ];
        const over = "an alert can be over before it is seen, and is then notified as resolved and pages nobody";
        if (end === "resolves" && ms < every) {
          const hint = `poll more often, or make ${word} longer`;
          return say(`is shorter than every ${durationText(every)} of the source "${id}": ${over}`, hint);
        }
        if (ms * MUCH >= lateness) return [];
        const late = `events of the source "${id}" may appear ${durationText(lateness)} after their time (lateness)`;
        const then = end === "resolves" ? `and ${over}` : "and until then are taken to be missing";
        return say(`is meaningless for late events: ${late}, ${then}`, `write ${word}: ${durationText(lateness)}`);
      })
      .slice(0, 1);
  });
}

function spansOf({ threshold, distinct, resolve, absence, expect }: RuleConfig): Span[] {
  const spans: [word: string, ms: number | undefined, at: Place, end: Span["end"]][] = [
    ["within", threshold?.within, ["threshold", "within"], "resolves"],
    ["within", distinct?.within, ["distinct", "within"], "resolves"],
    ["after", resolve?.after, ["resolve", "after"], "resolves"],
    ["for", absence?.for, ["absence", "for"], "opens"],
    ["within", expect?.within, ["expect", "within"], "opens"],
  ];
  return spans.flatMap(([word, ms, at, end]) => (ms === undefined ? [] : [{ word, ms, at, end }]));
}
