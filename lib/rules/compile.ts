// Rules made ready to run: one shared matcher, keys, templates, and what each rule's deadlines must wait for.
import type { RuleConfig, SourceConfig } from "../model/config.ts";
import type { Event } from "../model/event.ts";
import { hashOf } from "../model/hash.ts";
import { valuesAt } from "../model/path.ts";
import { compileMatcher } from "./matcher.ts";
import { type CompiledPattern, compilePattern } from "./pattern.ts";
import { compileTrees } from "./pattern-index.ts";
import { compileTemplate, type Template } from "./template.ts";

/** A rule with neither `resolve` nor a state that falls describes an occurrence: it closes silently after this. ms */
export const OCCURRENCE_MS = 86_400_000;
const DEFAULT_SUMMARY = "{{ event.resource.name }}: {{ event.message }}";

export interface CompiledRule {
  config: RuleConfig;
  /** Changes with `when`, `by` and kind: names the rule's rows, so that a changed rule starts anew. */
  version: string;
  summary: Template;
  description: Template | undefined;
  /** True where an alert of this rule can end by itself in less than an occurrence's silence. */
  canResolve: boolean;
  /** The sources whose events may match `when` or `resolve.when`. */
  feeds: SourceConfig[];
  /** The longest lateness among them; ms. */
  lateness: number;
}

/** What one event does to one rule and key. */
export interface Touch {
  rule: CompiledRule;
  key: Record<string, unknown>;
  /** Store names of the state row. */
  pk: string;
  sk: string;
  matches: boolean;
  resolves: boolean;
}

export interface Rules {
  all: readonly CompiledRule[];
  byId: ReadonlyMap<string, CompiledRule>;
  /** Which rules and keys an event concerns, in rule order. */
  touch(event: Event): Touch[];
}

export function compileRules(configs: readonly RuleConfig[], sources: readonly SourceConfig[]): Rules {
  const patterns: CompiledPattern[] = [];
  const meaning: { rule: CompiledRule; resolves: boolean }[] = [];
  const all = configs.map((config) => {
    const when = compilePattern(config.when);
    const resolve = config.resolve?.when && compilePattern(config.resolve.when);
    const rule = compileRule(config, sources, resolve ? [when, resolve] : [when]);
    patterns.push(when);
    meaning.push({ rule, resolves: false });
    if (resolve) patterns.push(resolve);
    if (resolve) meaning.push({ rule, resolves: true });
    return rule;
  });
  const matcher = compileMatcher(patterns);

  function touch(event: Event): Touch[] {
    const touches: Touch[] = [];
    for (const index of matcher.match(event)) {
      const { rule, resolves } = meaning[index]!;
      const previous = touches.at(-1);
      if (previous?.rule === rule) {
        previous.resolves ||= resolves;
        continue;
      }
      const key = valuesAt(event, rule.config.by);
      touches.push({ rule, key, ...stateRow(rule, key), matches: !resolves, resolves });
    }
    return touches;
  }
  return { all, byId: new Map(all.map((rule) => [rule.config.id, rule])), touch };
}

/** Where the state of a rule and key is kept. */
export function stateRow(rule: CompiledRule, key: Record<string, unknown>): { pk: string; sk: string } {
  return { pk: rulePartition(rule), sk: hashOf([key]) };
}

export function rulePartition(rule: CompiledRule): string {
  return `rule/${rule.config.id}/${rule.version}`;
}

function compileRule(
  config: RuleConfig,
  sources: readonly SourceConfig[],
  patterns: readonly CompiledPattern[],
): CompiledRule {
  const feeds = sources.filter((source) => patterns.some((pattern) => mayFeed(source, pattern)));
  return {
    config,
    version: hashOf([config.when, config.by, config.threshold === undefined ? "match" : "threshold"], 8),
    summary: compileTemplate(config.summary ?? DEFAULT_SUMMARY),
    description: config.description === undefined ? undefined : compileTemplate(config.description),
    canResolve: config.threshold !== undefined || config.resolve !== undefined,
    feeds,
    lateness: Math.max(0, ...feeds.map((source) => source.lateness)),
  };
}

/** What every event of a source has in common. */
const FIXED = ["source", "sourceId", "connection"];

/** False only where the pattern excludes all of the source's events: a deadline may wait for a source too many, never one too few. */
function mayFeed({ kind, id, connection }: SourceConfig, { tree }: CompiledPattern): boolean {
  const common = tree.alternatives.map((tests) => tests.filter(({ path }) => FIXED.includes(path)));
  if (common.some((tests) => tests.length === 0)) return true;
  return compileTrees([{ alternatives: common }])({ source: kind, sourceId: id, connection }).length > 0;
}
