// Which events may match a pattern, by what is known of all events of a source or a target.
import type { SourceConfig } from "../model/config.ts";
import { compileTrees } from "../patterns/index/index.ts";
import type { CompiledPattern } from "../patterns/pattern.ts";

/**
 * False only where the pattern excludes all of the source's events: a deadline may wait for a
 * source too many, never one too few.
 */
export function mayFeed({ kind, id, connection }: SourceConfig, pattern: CompiledPattern): boolean {
  return mayMatch(pattern, { source: kind, sourceId: id, connection });
}

/** Fields of which every event of a target has the same. */
const FIXED = /^(source|sourceId|connection|region|resource\.(type|id|name)|labels\..*)$/;

/** Whether an event that has all of `known` can match: what is not known of it is taken to fit. */
export function mayMatch({ tree }: CompiledPattern, known: object): boolean {
  const isKnown = (path: string) => FIXED.test(path) && Object.hasOwn(known, path.split(".")[0]!);
  const common = tree.alternatives.map((tests) => tests.filter(({ path }) => isKnown(path)));
  if (common.some((tests) => tests.length === 0)) return true;
  return compileTrees([{ alternatives: common }])(known).length > 0;
}
