// What is known of events before they happen: each API's own words, and what its source and
// connection give every event.
import type { Config, SourceConfig } from "../../model/config.ts";
import { LEVELS, type Level, sourceKinds } from "../../model/source-kinds.ts";

const FACTS = Object.values(sourceKinds);

/** The closed lists of values of events whose API's words are closed. */
export const CLOSED: Readonly<Record<string, readonly string[]>> = {
  type: FACTS.flatMap(({ words }) => words?.map(({ type }) => type) ?? []),
  "resource.type": [...new Set(FACTS.flatMap(({ words, resourceType }) => (words ? resourceType : [])))],
};

/**
 * What is known before it happens, by dotted path: undefined is not there; a field that is not named may hold anything.
 */
export type Candidate = Readonly<Record<string, string | null | undefined>>;

/** Every event that a source can give, as far as it is known; with `all` as if it asked for all levels. */
export function candidatesOf(source: SourceConfig, { connections, sources }: Config, all = false): Candidate[] {
  const { kind, id, connection } = source;
  const { region, projectId } = connections[connection] ?? { region: "", projectId: "" };
  const { words: own, reason, resourceType, filtersLevels, lists, checks } = sourceKinds[kind];
  const blind = !all && source.levels === "abnormal" && filtersLevels;
  const names = labelNames(sources);
  const known: readonly { type?: string; level: Level }[] = own ?? LEVELS.map((level) => ({ level }));
  const words = known
    .filter(({ level }) => !blind || level !== "normal")
    .map((word) => ({
      source: kind,
      sourceId: id,
      connection,
      region,
      ...(projectId === undefined ? {} : { project: projectId }),
      ...word,
      ...(lists === null && !checks ? {} : { "resource.type": resourceType }),
      ...(reason === "none" ? { reason: null } : {}),
      ...(reason === "type" ? { reason: word.type! } : {}),
    }));
  const targets = (source.targets ?? [undefined]).map((target): Candidate => {
    const labels: Record<string, string> = { ...source.labels, ...target?.labels };
    const known = names.map((name) => [`labels.${name}`, labels[name]] as const);
    return { ...(target === undefined ? {} : { "resource.id": target.id }), ...Object.fromEntries(known) };
  });
  return targets.flatMap((target) => words.map((word) => ({ ...word, ...target })));
}

const namesOf = new WeakMap<readonly SourceConfig[], string[]>();

/** Every label that a source or a target gives; asked for again and again of the same ones. */
function labelNames(sources: readonly SourceConfig[]): string[] {
  const known = namesOf.get(sources);
  if (known !== undefined) return known;
  const givers = sources.flatMap(({ labels, targets = [] }) => [
    labels,
    ...targets.map((target) => target.labels ?? {}),
  ]);
  const names = [...new Set(givers.flatMap((labels) => Object.keys(labels)))].sort();
  namesOf.set(sources, names);
  return names;
}
