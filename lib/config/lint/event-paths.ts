// Dotted paths into an event as one rule sees it: the event's own fields and what the rule extracts.
import type { RuleConfig } from "../../model/config.ts";
import { EVENT_FIELDS, unknownStep } from "./vocabulary.ts";

const GROUP = /\(\?P?<(\w+)>/g;

/** The step of a path that no event of the rule has, with what there is instead; undefined for a path that may exist. */
export function unknownEventStep(
  path: string,
  { extract = [] }: Pick<RuleConfig, "extract">,
): { step: string; known: readonly string[] } | undefined {
  const [first, ...rest] = path.split(".");
  if (first !== "extracted" || extract.length === 0) return unknownStep(path, EVENT_FIELDS);
  const names = extract.flatMap(({ pattern }) => [...pattern.matchAll(GROUP)].map((group) => group[1]!));
  if (rest.length === 0 || names.includes(rest.join("."))) return undefined;
  return { step: path, known: names.map((name) => `extracted.${name}`) };
}
