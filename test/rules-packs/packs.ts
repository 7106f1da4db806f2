// Reads the rule packs and the examples beside them, and makes whole events of partial ones, as the sources would.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import type { InhibitConfig, RuleConfig } from "../../lib/model/config.ts";
import { Event, SourceKind } from "../../lib/model/event.ts";
import { PackFile } from "../../lib/model/files/rule-file.ts";
import type { SourceKind as Kind, Level } from "../../lib/model/source-kinds.ts";
import { compileExtract } from "../../lib/rules/extract.ts";
import { compileTemplate } from "../../lib/rules/template.ts";

const ROOT = join(import.meta.dirname, "../..");
export const PACKS_DIR = join(ROOT, "rules");

const PartialEvent = z.strictObject({
  source: SourceKind.optional(),
  type: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
type PartialEvent = z.infer<typeof PartialEvent>;
const Some = z.array(PartialEvent).min(1);

const ExamplesFile = z.strictObject({
  defaults: PartialEvent.extend({ source: SourceKind }),
  examples: z
    .array(
      z.strictObject({
        rule: z.string(),
        /** What a person on call looks at first, in order; for the runbook. */
        look: z.array(z.string()).min(1),
        match: Some,
        not: Some,
        /** Events that resolve the rule's alert, and events that must not. */
        resolve: Some.optional(),
        notResolve: Some.optional(),
      }),
    )
    .min(1),
  /** Texts (Cloud Eye: event names) that are abnormal and yet open no alert on purpose. */
  ignored: z.array(z.strictObject({ reason: z.string().min(10), texts: z.array(z.string()).min(1) })).default([]),
});

const CatalogueEntry = z.strictObject({
  source: SourceKind,
  text: z.string(),
  reason: z.string().optional(),
  type: z.string().nullable(),
  level: z.string().nullable(),
  abnormal: z.boolean(),
  namespace: z.string().optional(),
  title: z.string().optional(),
  origin: z.string(),
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;

export interface Example {
  rule: string;
  look: string[];
  match: Event[];
  not: Event[];
  resolve: Event[];
  notResolve: Event[];
}

export interface Pack {
  /** As in `include`. */
  name: string;
  rules: RuleConfig[];
  inhibit: InhibitConfig[];
  includes: string[];
  examples: Example[];
  ignored: string[];
}

export function readPacks(): Pack[] {
  return readdirSync(PACKS_DIR, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".yml") && !file.endsWith(".examples.yml"))
    .map((file) => readPack(file.replaceAll("\\", "/").slice(0, -".yml".length)))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function readPack(name: string): Pack {
  const { rules: entries, inhibit } = PackFile.parse(parse(readFileSync(join(PACKS_DIR, `${name}.yml`), "utf8")));
  const rules = entries.flatMap((entry) => ("include" in entry ? [] : [entry]));
  const includes = entries.flatMap((entry) => ("include" in entry ? [entry.include] : []));
  if (rules.length === 0) return { name, rules, inhibit, includes, examples: [], ignored: [] };
  const file = ExamplesFile.parse(parse(readFileSync(join(PACKS_DIR, `${name}.examples.yml`), "utf8")));
  const whole = (events: PartialEvent[] = []): Event[] =>
    events.map((event) => {
      const merged =
        event.source === undefined || event.source === file.defaults.source ? { ...file.defaults, ...event } : event;
      return makeEvent(merged.source ?? file.defaults.source, merged);
    });
  const examples = file.examples.map((example) => ({
    rule: example.rule,
    look: example.look,
    match: whole(example.match),
    not: whole(example.not),
    resolve: whole(example.resolve),
    notResolve: whole(example.notResolve),
  }));
  return { name, rules, inhibit, includes, examples, ignored: file.ignored.flatMap((entry) => entry.texts) };
}

/** Whether one event is enough; rules that count or wait open beside it, for many. */
export function opensAtOnce({ threshold, sequence, expect }: RuleConfig): boolean {
  return threshold === undefined && sequence === undefined && expect === undefined;
}

/** A template's text for an event, as it is when the event opens the rule's alert. */
export function textOf(template: string, rule: RuleConfig, event: Event): string {
  const extract = rule.extract && compileExtract(rule.extract);
  const scope = { event: { ...event, ...extract?.(event) }, alert: { count: rule.threshold?.count ?? 1 }, rule };
  return compileTemplate(template)(scope);
}

export function readCatalogue(): CatalogueEntry[] {
  return z.array(CatalogueEntry).parse(JSON.parse(readFileSync(join(ROOT, "events/catalogue.json"), "utf8")));
}

/**
 * The catalogue's entry as an event. Where the level is not known, the one that makes a text hardest to find: normal.
 */
export function eventOf(entry: CatalogueEntry): Event {
  const type = entry.type ?? "Info";
  if (entry.source !== "cloud-eye-events") {
    return makeEvent(entry.source, { type, message: entry.text, ...(entry.reason && { reason: entry.reason }) });
  }
  return makeEvent(entry.source, { type, reason: entry.text, message: entry.title ?? entry.text });
}

const LEVELS: Record<string, Level> = {
  abnormal: "error",
  FAIL: "error",
  Error: "error",
  Major: "error",
  Warning: "warning",
  Minor: "warning",
  Critical: "critical",
  failed: "error",
  Failed: "error",
  Abnormal: "error",
  down: "error",
  concerning: "warning",
};

function makeEvent(source: Kind, { type = "normal", reason, message = "event", data = {} }: PartialEvent): Event {
  return Event.parse({
    id: "e1",
    source,
    sourceId: source,
    connection: "prod",
    project: "p",
    region: "eu-de",
    time: "2026-11-20T10:00:00.000Z",
    level: LEVELS[type] ?? "normal",
    type,
    reason: reason ?? (source === "service-updates" ? type : null),
    count: 1,
    late: 0,
    message,
    text: message.toLowerCase(),
    resource: { type: "thing", id: "r1", name: "resnet-prod" },
    labels: {},
    data,
  });
}
