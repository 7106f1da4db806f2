// Every value that a label can have: labels come from the configuration alone.
import type { RuleConfig, SourceConfig } from "../../model/config.ts";

const PREFIX = "labels.";

/** The values of the field `labels.<name>`, none where nothing gives that label; undefined for any other field. */
export function labelValues(
  field: string,
  sources: readonly SourceConfig[],
  rules: readonly RuleConfig[] = [],
): readonly string[] | undefined {
  if (!field.startsWith(PREFIX)) return undefined;
  const name = field.slice(PREFIX.length);
  const holders = [
    ...sources.flatMap(({ labels, targets = [] }) => [labels, ...targets.map((target) => target.labels ?? {})]),
    ...rules.map(({ labels }) => labels),
  ];
  return [...new Set(holders.flatMap((labels) => (Object.hasOwn(labels, name) ? [labels[name]!] : [])))];
}
