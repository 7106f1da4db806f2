// Rules made ready to run: one shared matcher, keys, templates, and what each rule's deadlines must wait for.
import type { RuleConfig, SourceConfig } from "../model/config.ts";
import type { Event } from "../model/event.ts";
import { hashOf } from "../model/hash.ts";
import { valuesAt, valueText } from "../model/path.ts";
import { compileMatcher } from "../patterns/matcher.ts";
import { type CompiledPattern, compilePattern } from "../patterns/pattern.ts";
import { compileExtract } from "./extract.ts";
import { mayFeed } from "./feeds.ts";
import { occurrence } from "./kinds/occurrence.ts";
import { kindOf } from "./kinds/of.ts";
import type { Kind } from "./kinds/port.ts";
import { compileTemplate, type Template } from "./template.ts";

/** A rule with neither `resolve` nor a state that falls describes an occurrence: it closes silently after this. ms */
export const OCCURRENCE_MS = 86_400_000;
const MAX_KEYS = 10_000;
const DEFAULT_SUMMARY = "{{ event.resource.name }}: {{ event.message }}";

export interface CompiledRule {
  config: RuleConfig;
  kind: Kind;
  /** Changes with `when`, `by`, `extract` and kind: names the rule's rows, so that a changed rule starts anew. */
  version: string;
  summary: Template;
  description: Template | undefined;
  /** True where an alert of this rule can end by itself in less than an occurrence's silence. */
  canResolve: boolean;
  /** The sources whose events may match one of its patterns. */
  feeds: SourceConfig[];
  /** The longest lateness among them; ms. */
  lateness: number;
  /** `when`, what follows it, and `resolve.when`, in this order. */
  patterns: { pattern: CompiledPattern; step: number | undefined }[];
  /** How long after its last event a state may still matter, beyond what is late; ms. */
  memory: number;
  /** How long after its last event a state stays also where new keys find no room, beyond what is late; ms. */
  spared: number;
  /** How many keys it keeps. */
  maxKeys: number;
  /** What stands in for it where a key is one too many. */
  overflow: CompiledRule | undefined;
}

/** The key of the one alert that all keys beyond the bound share. */
const OVERFLOW_KEY = { overflow: true };

/** What one event does to one rule and key. */
export interface Touch {
  rule: CompiledRule;
  /** The event as the rule sees it: with what the rule extracts. */
  event: Event;
  key: Record<string, unknown>;
  /** Store names of the state row. */
  pk: string;
  sk: string;
  matches: boolean;
  resolves: boolean;
  /**
   * Bit 0: it matches `when`; bit n: the n-th pattern that follows, of `expect` or `sequence`. None where the event
   * lacks the field that the rule's kind looks at: it is passed over, but may resolve.
   */
  steps: number;
}

export interface Rules {
  all: readonly CompiledRule[];
  byId: ReadonlyMap<string, CompiledRule>;
  touch(event: Event): Touched;
}

export interface Touched {
  /** Which rules and keys the event concerns, in rule order. */
  touches: Touch[];
  /** Ids of the rules that could not take all values out of it that they want. */
  unextracted: readonly string[];
}

/** What a matching pattern means for its rule: a step, or its end. */
interface Meaning {
  rule: CompiledRule;
  step: number | undefined;
}

/** `timezone` (IANA name) is that of dates in templates. */
export function compileRules(
  configs: readonly RuleConfig[],
  sources: readonly SourceConfig[],
  timezone?: string,
): Rules {
  const all = configs.map((config) => compileRule(config, sources, timezone));
  // Made for the first event: what only reads state is done before. Rules that take the same values out of an event
  // look at it together.
  let views: ((event: Event) => Touched)[] | undefined;
  const place = new Map(all.map((rule, index) => [rule, index]));

  function touch(event: Event): Touched {
    views ??= [...Map.groupBy(all, ({ config }) => JSON.stringify(config.extract ?? [])).values()].map(compileView);
    if (views.length === 1) return views[0]!(event);
    const each = views.map((view) => view(event));
    const touches = each.flatMap((one) => one.touches).sort((a, b) => place.get(a.rule)! - place.get(b.rule)!);
    return { touches, unextracted: each.flatMap(({ unextracted }) => unextracted) };
  }
  return { all, byId: new Map(all.map((rule) => [rule.config.id, rule])), touch };
}

function compileView(rules: readonly CompiledRule[]): (event: Event) => Touched {
  const meanings: Meaning[] = [];
  const patterns: CompiledPattern[] = [];
  for (const rule of rules) {
    for (const { pattern, step } of rule.patterns) {
      patterns.push(pattern);
      meanings.push({ rule, step });
    }
  }
  const matcher = compileMatcher(patterns);
  const specs = rules[0]!.config.extract;
  const extract = specs && compileExtract(specs);
  const ids = rules.map(({ config }) => config.id);

  return (original) => {
    const extraction = extract?.(original);
    const event = extraction ? { ...original, extracted: extraction.extracted } : original;
    const touches: Touch[] = [];
    for (const index of matcher.match(event)) {
      const { rule, step } = meanings[index]!;
      let touch = touches.at(-1);
      if (touch?.rule !== rule) {
        const key = valuesAt(event, rule.config.by);
        touch = { rule, event, key, ...stateRow(rule, key), matches: false, resolves: false, steps: 0 };
        touches.push(touch);
      }
      if (step === undefined) touch.resolves = true;
      else if (hasField(rule, event)) touch.steps |= 1 << step;
      touch.matches = (touch.steps & 1) === 1;
    }
    return { touches, unextracted: extraction?.failed ? ids : [] };
  };
}

function hasField({ kind }: CompiledRule, event: Event): boolean {
  return kind.field === undefined || valueText(event, kind.field) !== undefined;
}

/** The same touch where its key is one too many. */
export function overflowTouch(touch: Touch): Touch {
  return { ...touch, key: OVERFLOW_KEY, ...overflowRow(touch.rule) };
}

/** Where the state of the one alert is kept that all keys beyond the bound share. */
export function overflowRow(rule: CompiledRule): { pk: string; sk: string } {
  return stateRow(rule, OVERFLOW_KEY);
}

/** The rule that evaluates a key: itself, or what stands in for it beyond its bound. */
export function ruleFor(rule: CompiledRule, key: Record<string, unknown>): CompiledRule {
  return rule.overflow && key["overflow"] === true && !rule.config.by.includes("overflow") ? rule.overflow : rule;
}

/** Where the state of a rule and key is kept. */
export function stateRow(rule: CompiledRule, key: Record<string, unknown>): { pk: string; sk: string } {
  return { pk: rulePartition(rule), sk: hashOf([key]) };
}

export function rulePartition(rule: CompiledRule): string {
  return `rule/${rule.config.id}/${rule.version}`;
}

function compileRule(config: RuleConfig, sources: readonly SourceConfig[], timezone?: string): CompiledRule {
  const { resolve } = config;
  const { kind, ends, follows, meaning, memory, spared } = kindOf(config);
  const steps = [config.when, ...follows];
  const patterns = atFirst(() => {
    const all: CompiledRule["patterns"] = steps.map((when, step) => ({ pattern: compilePattern(when), step }));
    if (resolve?.when) all.push({ pattern: compilePattern(resolve.when), step: undefined });
    return all;
  });
  const feeds = atFirst(() => sources.filter((source) => patterns().some(({ pattern }) => mayFeed(source, pattern))));
  const lateness = atFirst(() => Math.max(0, ...feeds().map((source) => source.lateness)));
  const rule: CompiledRule = {
    config,
    kind,
    get patterns() {
      return patterns();
    },
    version: hashOf([config.when, config.by, ...meaning, ...(config.extract ? [config.extract] : [])], 8),
    summary: templateOf(config.summary ?? DEFAULT_SUMMARY, timezone),
    description: config.description === undefined ? undefined : templateOf(config.description, timezone),
    canResolve: ends || resolve !== undefined,
    get feeds() {
      return feeds();
    },
    get lateness() {
      return lateness();
    },
    memory: Math.max(config.reopen ?? 0, memory),
    spared: Math.max(config.reopen ?? 0, spared),
    maxKeys: config.maxKeys ?? MAX_KEYS,
    overflow: undefined,
  };
  rule.overflow = overflowOf(rule);
  return rule;
}

/** Compiled when the first alert opens. */
function templateOf(text: string, timezone?: string): Template {
  const template = atFirst(() => compileTemplate(text, timezone));
  return (scope) => template()(scope);
}

/** What is made when it is first asked for, such as what a command that only reads state does without. */
function atFirst<T extends object | number>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** An occurrence of the rule's patterns that says why it is not taken key by key. */
function overflowOf(rule: CompiledRule): CompiledRule {
  const { id, when, labels, severity, runbook } = rule.config;
  const config: RuleConfig = {
    id,
    when,
    by: [],
    labels,
    ...(severity === undefined ? {} : { severity }),
    ...(runbook === undefined ? {} : { runbook }),
  };
  const summary = `${id} keeps ${rule.maxKeys} keys, as many as it may: what other keys match is counted here`;
  const description = "First: {{ event.resource.name }}: {{ event.message }}";
  const own: Partial<CompiledRule> = {
    config,
    kind: occurrence(),
    summary: () => summary,
    description: templateOf(description),
    canResolve: false,
    overflow: undefined,
  };
  // All else is the rule's own, made when it is first asked for.
  return Object.assign(Object.create(rule) as CompiledRule, own);
}
