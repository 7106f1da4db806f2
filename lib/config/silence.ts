// Judges whether any event of the configured sources can match a pattern, by what is known of events before they happen.
import type { Config, Pattern } from "../model/config.ts";
import { SOURCE_KINDS } from "../model/event.ts";
import { type Candidate, candidatesOf } from "./api-words.ts";
import type { CompilePattern } from "./lint-patterns.ts";
import { project } from "./pattern-walk.ts";

/** Why no event of the configured sources can match; undefined where one can, as far as it is known. */
export function silence(pattern: Pattern, config: Config, compile: CompilePattern): string | undefined {
  const can = (candidates: readonly Candidate[]): boolean => canMatch(pattern, candidates, compile);
  if (can(config.sources.flatMap((source) => candidatesOf(source, config)))) return undefined;
  if (can(config.sources.flatMap((source) => candidatesOf(source, config, true)))) {
    return "its events are normal ones, and their sources ask for abnormal ones only (levels: abnormal)";
  }
  const sources = project(pattern, ["source"]);
  const kinds = SOURCE_KINDS.filter((kind) => sources === undefined || compile(sources).matches({ source: kind }));
  if (kinds.length > 0 && !kinds.some((kind) => config.sources.some((source) => source.kind === kind))) {
    return `there is no source of kind ${kinds.join(" or ")}`;
  }
  return "no source gives events with this level, type, reason, resource and connection";
}

function canMatch(pattern: Pattern, candidates: readonly Candidate[], compile: CompilePattern): boolean {
  const matchers = new Map<string, (event: object) => boolean>();
  return candidates.some((candidate) => {
    const fields = Object.keys(candidate);
    const name = fields.join();
    let matches = matchers.get(name);
    if (matches === undefined) {
      const known = project(pattern, fields);
      matches = known === undefined ? () => true : compile(known).matches;
      matchers.set(name, matches);
    }
    return matches(candidate);
  });
}

/** The sources of which some event can match, as far as it is known. */
export function feedsOf(pattern: Pattern, config: Config, compile: CompilePattern): Config["sources"] {
  return config.sources.filter((source) => canMatch(pattern, candidatesOf(source, config), compile));
}
