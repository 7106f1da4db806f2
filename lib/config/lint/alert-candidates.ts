// What is known of alerts before they open: by this routes are judged.
import type { Config, RuleConfig } from "../../model/config.ts";
import { Severity } from "../../model/severity.ts";
import type { Candidate } from "./api-words.ts";
import { feedsOf } from "./never-matches.ts";
import type { CompilePattern } from "./patterns.ts";

type Value = Candidate[string];

/** Every alert that the rules can open, and maybe some that they cannot; of each only the `wanted` fields. */
export function alertCandidates(config: Config, compile: CompilePattern, wanted: readonly string[]): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const rule of config.rules) {
    const events = feedsOf(rule.when, config, compile).flatMap((feed) => feed.events);
    if (events.length === 0) continue;
    const known = Object.entries(valuesOf(rule, events, wanted)).filter(([field]) => wanted.includes(field));
    for (const candidate of product(known)) {
      found.set(
        JSON.stringify(Object.entries(candidate).map(([field, value]) => [field, String(value), value])),
        candidate,
      );
    }
  }
  return [...found.values()];
}

/** By field, what alerts that such events open may hold; a field of which that is not known is left out. */
function valuesOf(
  rule: RuleConfig,
  events: readonly Candidate[],
  wanted: readonly string[],
): Record<string, readonly Value[]> {
  const distinct = (field: string): Value[] => [...new Set(events.map((event) => event[field]))];
  const [regions, types] = [distinct("region"), distinct("resource.type")];
  const labels = wanted.flatMap((field): [string, Value[]][] => {
    if (!field.startsWith("labels.")) return [];
    const name = field.slice("labels.".length);
    const values = Object.hasOwn(rule.labels, name) ? [rule.labels[name]] : distinct(field);
    return values.length === 1 ? [[field, values]] : [];
  });
  return {
    rule: [rule.id],
    // Routes are chosen when an alert opens.
    status: ["firing"],
    severity: severitiesOf(rule, distinct("level")),
    source: orNull(distinct("source")),
    connection: orNull(distinct("connection")),
    ...(regions.length === 1 ? { region: regions } : {}),
    // Where events of several resources meet in one alert it has none.
    ...(types.length === 1 && types[0] !== undefined ? { "resource.type": [...types, undefined] } : {}),
    ...Object.fromEntries(labels),
  };
}

function severitiesOf({ severity, absence }: RuleConfig, levels: readonly Value[]): Value[] {
  if (severity !== undefined) return [severity];
  // The silence of a target that never had an event is a warning.
  const all = absence?.over === "targets" ? [...levels, "warning"] : levels;
  return Severity.options.filter((one) => all.includes(one === "info" ? "normal" : one));
}

/** Null stands where events of several meet in one alert. */
function orNull(values: readonly Value[]): Value[] {
  return values.length > 1 ? [null, ...values] : [...values];
}

function product(fields: readonly [field: string, values: readonly Value[]][]): Candidate[] {
  return fields.reduce<Candidate[]>(
    (candidates, [field, values]) =>
      candidates.flatMap((candidate) => values.map((value) => ({ ...candidate, [field]: value }))),
    [{}],
  );
}
