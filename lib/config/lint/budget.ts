// Finds projects whose named targets need more requests than their connections may make.
import { shortages } from "../../model/budget.ts";
import type { Config } from "../../model/config.ts";
import { isProjectWide } from "../../model/source-kinds.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import type { Places } from "../load/load.ts";

/** What is discovered is counted by `check --live`. */
export function lintBudgets(config: Config, places: Places): Finding[] {
  const named = shortages(config, ({ kind, targets }) => (isProjectWide(kind) ? 1 : (targets?.length ?? 0)));
  return named.map(({ source, message, hint }) => {
    const all = ["sources", config.sources.indexOf(source)];
    const place = places.has([...all, "targets"]) ? [...all, "targets"] : all;
    return findingAt(places.locate(place), place, message, hint);
  });
}
