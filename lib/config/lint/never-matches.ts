// Judges whether any event of the configured sources can match a pattern, by what is known of
// events before they happen.
import type { Config, Pattern, SourceConfig } from "../../model/config.ts";
import { SOURCE_KINDS } from "../../model/source-kinds.ts";
import { type Candidate, candidatesOf } from "./api-words.ts";
import { project, testsOf } from "./pattern-walk.ts";
import type { CompilePattern } from "./patterns.ts";

/** Why no event of the configured sources can match; undefined where one can, as far as it is known. */
export function whyNever(pattern: Pattern, config: Config, compile: CompilePattern): string | undefined {
  const may = compileMay(pattern, compile);
  if (config.sources.some((source) => candidatesOf(source, config).some(may))) {
    return contradicts(pattern, compile) ? "none of its messages is one of its texts in lower case" : undefined;
  }
  if (config.sources.some((source) => candidatesOf(source, config, true).some(may))) {
    return "its events are normal ones, and their sources ask for abnormal ones only (levels: abnormal)";
  }
  const sources = project(pattern, ["source"]);
  const kinds = SOURCE_KINDS.filter((kind) => sources === undefined || compile(sources).matches({ source: kind }));
  if (kinds.length > 0 && !kinds.some((kind) => config.sources.some((source) => source.kind === kind))) {
    return `there is no source of kind ${kinds.join(" or ")}`;
  }
  return "no source gives events with this level, type, reason, resource, labels and connection";
}

/** `text` is `message` in lower case: whether every message that the pattern names has another text than it wants. */
function contradicts(pattern: Pattern, compile: CompilePattern): boolean {
  const words = project(pattern, ["message", "text"]);
  if (words === undefined || project(pattern, ["message"]) === undefined) return false;
  const messages = testsOf(pattern, []).flatMap(({ field, values }) => (field === "message" ? values : []));
  if (!messages.every((message) => typeof message === "string")) return false;
  const { matches } = compile(words);
  return !messages.some((message) => matches({ message, text: message.toLowerCase() }));
}

/** Whether something may match, judged by what is known of it. */
export function compileMay(pattern: Pattern, compile: CompilePattern): (candidate: Candidate) => boolean {
  const matchers = new Map<string, (candidate: Candidate) => boolean>();
  return (candidate) => {
    const fields = Object.keys(candidate);
    const name = fields.join();
    let matches = matchers.get(name);
    if (matches === undefined) {
      const known = project(pattern, fields);
      matches = known === undefined ? () => true : compile(known).matches;
      matchers.set(name, matches);
    }
    return matches(candidate);
  };
}

/** The sources of which some event can match, as far as it is known, each with these events. */
export function feedsOf(
  pattern: Pattern,
  config: Config,
  compile: CompilePattern,
): { source: SourceConfig; events: Candidate[] }[] {
  const may = compileMay(pattern, compile);
  return config.sources.flatMap((source) => {
    const events = candidatesOf(source, config).filter(may);
    return events.length > 0 ? [{ source, events }] : [];
  });
}
