// `npm run runbooks`: writes docs/runbooks/, a page for each rule of the packs, made of the pack and its examples. A
// test says when it is to be run again.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { InhibitConfig, RuleConfig } from "../lib/model/config.ts";
import type { Event } from "../lib/model/event.ts";
import { SOURCE_KINDS, type SourceKind } from "../lib/model/source-kinds.ts";
import { compilePattern } from "../lib/patterns/pattern.ts";
import {
  type CatalogueEntry,
  type Example,
  eventOf,
  type Pack,
  readCatalogue,
  readPacks,
  textOf,
} from "../test/rules-packs/packs.ts";
import { ROOT } from "./dependencies.ts";
import { durationInWords, patternInWords } from "./words.ts";

const FOLDER = "docs/runbooks";
/** So many texts show what is meant. */
const TEXTS = 8;
/** So many summaries stand at the top. */
const SUMMARIES = 3;
/** What resources are called in the examples, by the kind of source. */
const NAMES: Record<SourceKind, string> = {
  "service-events": "ocr-prod",
  "service-updates": "ocr-prod",
  "pool-events": "gpu-pool",
  "training-events": "train-7",
  "cloud-eye-events": "web-1",
  "service-status": "ocr-prod",
  "pool-status": "gpu-pool",
  "job-status": "train-7",
  http: "ocr-api",
};

const NOUNS: Record<SourceKind, string> = {
  "service-events": "service",
  "service-updates": "service",
  "pool-events": "pool",
  "training-events": "training job",
  "cloud-eye-events": "resource",
  "service-status": "service",
  "pool-status": "pool",
  "job-status": "training job",
  http: "endpoint",
};

export interface Runbook {
  /** From the root of the checkout. */
  path: string;
  text: string;
}

/** The pages as they have to be: the index first. */
export function runbooks(): Runbook[] {
  const packs = readPacks();
  const catalogue = readCatalogue();
  const inhibit = packs.flatMap((pack) => pack.inhibit.map((one) => ({ ...one, pack: pack.name })));
  const pages = packs.flatMap((pack) =>
    pack.rules.map((rule) => ({
      path: `${FOLDER}/${pack.name}/${rule.id}.md`,
      text: page(pack, rule, { inhibit, catalogue }),
    })),
  );
  return [{ path: `${FOLDER}/README.md`, text: index(packs) }, ...pages];
}

interface Shared {
  inhibit: readonly (InhibitConfig & { pack: string })[];
  catalogue: readonly CatalogueEntry[];
}

function page(pack: Pack, rule: RuleConfig, { inhibit, catalogue }: Shared): string {
  const example = pack.examples.find((one) => one.rule === rule.id)!;
  const matching = example.match.map(named);
  const summaries = [...new Set(matching.map((event) => textOf(rule.summary!, rule, event)))];
  const { severity } = rule;
  return `# ${rule.id}
For whoever is notified of \`${rule.id}\`: what it means, what to look at first, and what ends it. Severity **${severity}**,
pack [\`${pack.name}\`](../../../rule-packs.md#${anchorOf(pack.name)}), area \`${rule.labels["area"]}\`.

${summaries.slice(0, SUMMARIES).map(quoted).join("\n>\n")}

## What it means
${meanings(rule, matching)}

## What to look at first
${example.look.map((step, at) => `${at + 1}. ${step}`).join("\n")}

## What ends it
${endings(rule, example)}

## What opens it
${openings(rule)}

Texts from the clouds' documents and the pack's examples:
${textsOf(example, catalogue, rule)}

${related(rule, inhibit)}## Acknowledge or silence it
Who takes care of it stops its repeats and escalations; a silence holds it back for a while and loses nothing.

\`\`\`sh
lookout ack ALERT_ID
lookout silence add rule=${rule.id} ${rule.by.at(-1)}=${rule.by.at(-1) === "connection" ? "NAME" : "ID"} --duration 2h --comment "why"
lookout explain ALERT_ID
\`\`\`

---
Made by \`npm run runbooks\` from \`rules/${pack.name}.yml\` and its examples.
`;
}

/** One text, or one for each sort of event. */
function meanings(rule: RuleConfig, matching: readonly Event[]): string {
  const byText = Map.groupBy(matching, (event) => textOf(rule.description!, rule, event));
  if (byText.size === 1) return [...byText.keys()][0]!;
  return [...byText].map(([text, [event]]) => `- ${shown(event!)}: ${text}`).join("\n");
}

function endings(rule: RuleConfig, { resolve }: Example): string {
  const lines: string[] = [];
  const { threshold, expect, resolve: { when, after } = {}, reopen } = rule;
  if (expect) lines.push(`what was missing: an event of the same ${nounOf(rule)} ${patternInWords(expect.when)}`);
  if (when) {
    const texts = [...new Set(resolve.map(shown))].map((text) => `\n  - ${text}`);
    lines.push(`an event of the same ${nounOf(rule)} such as${texts.join("")}`);
  }
  if (threshold) {
    lines.push(`fewer than ${threshold.count} such events within ${durationInWords(threshold.within)}`);
  }
  if (after) lines.push(`${durationInWords(after)} after its newest match`);
  if (lines.length === 0) {
    return "No event announces its end: it closes silently 24 hours after its last match, and is not repeated.";
  }
  const again = reopen ? `\n\nA match within ${durationInWords(reopen)} of the end opens the same alert again.` : "";
  return `${lines.map((line) => `- ${line}`).join("\n")}${again}`;
}

function openings(rule: RuleConfig): string {
  const { threshold, sequence, expect, when } = rule;
  const key = nounOf(rule);
  const first = patternInWords(when);
  if (threshold) {
    return `${threshold.count} events of the same ${key} within ${durationInWords(threshold.within)}, each ${first}`;
  }
  if (expect) {
    const missing = patternInWords(expect.when);
    return (
      `For ${durationInWords(expect.within)} after an event of a ${key} ${first}\n\n` +
      `there is none, for the same ${key}, ${missing}`
    );
  }
  if (!sequence) return `An event of ${/^[aeiou]/.test(key) ? "an" : "a"} ${key} ${first}`;
  const times = (sequence.then.length + 2) / 2;
  const recovered = patternInWords(sequence.then[0]!);
  return (
    `${times} times within ${durationInWords(sequence.within)}, for the same ${key}: an event ${first}\n\n` +
    `In between each time: an event ${recovered}`
  );
}

function textsOf({ match }: Example, catalogue: readonly CatalogueEntry[], { when }: RuleConfig): string {
  const pattern = compilePattern(when);
  const documented = catalogue.map(eventOf).filter((event) => pattern.matches(event));
  const undocumented = match.filter(
    ({ reason }) => reason === null || documented.every((one) => one.reason !== reason),
  );
  const all = [...new Set([...documented, ...undocumented].map(shown))];
  const left = all.length > TEXTS ? `\n- and ${all.length - TEXTS} more` : "";
  const list = all.slice(0, TEXTS).map((text) => `- ${text}`);
  return `${list.join("\n")}${left}`;
}

function related({ id }: RuleConfig, inhibit: Shared["inhibit"]): string {
  const has = (pattern: Record<string, unknown>) => (pattern["rule"] as string[]).includes(id);
  const rulesOf = (pattern: Record<string, unknown>) =>
    (pattern["rule"] as string[]).map((name) => `\`${name}\``).join(", ");
  const lines = inhibit.flatMap(({ source, target, pack }) => {
    const where = pack.endsWith("/core") ? ` (with \`${pack}\`)` : "";
    const holds = has(source)
      ? [`While it fires it holds back, of the same resource: ${rulesOf(target)}${where}.`]
      : [];
    const held = has(target)
      ? [`It is held back while one of these fires for the same resource: ${rulesOf(source)}${where}.`]
      : [];
    return [...holds, ...held];
  });
  return lines.length === 0 ? "" : `## What belongs to it\n${lines.map((line) => `- ${line}`).join("\n")}\n\n`;
}

function index(packs: readonly Pack[]): string {
  const sections = packs
    .filter(({ rules }) => rules.length > 0)
    .map(({ name, rules }) => {
      const rows = rules.map(({ id, severity }) => `| [${id}](${name}/${id}.md) | ${severity} |`);
      return `## ${name}\n| rule | severity |\n| --- | --- |\n${rows.join("\n")}\n`;
    });
  return `# Runbooks
For whoever is woken by a rule of the packs: a page for each, made by \`npm run runbooks\`. Alerts link to theirs.

${sections.join("\n")}`;
}

function named(event: Event): Event {
  return { ...event, resource: { ...event.resource, name: NAMES[event.source] } };
}

/** An event as people meet it: by its text, or by its name where it has one of its own. */
function shown({ source, reason, type, message }: Event): string {
  const text = `"${message.split(/\s+/).join(" ")}"`;
  if (source === "cloud-eye-events") return message === "event" ? `\`${reason}\`` : `\`${reason}\` (${message})`;
  return source === "service-updates" ? `\`${type}\` in the update log` : text;
}

/** What one alert of the rule is about. */
function nounOf({ by, when }: RuleConfig): string {
  if (by.length === 1) return "connection";
  const [kind] = SOURCE_KINDS.filter((one) => JSON.stringify(when).includes(`"${one}"`));
  return NOUNS[kind!];
}

function quoted(text: string): string {
  return `> ${text}`;
}

/** As GitHub names a heading. */
function anchorOf(heading: string): string {
  return heading.replaceAll("/", "");
}

if (import.meta.main) {
  rmSync(join(ROOT, FOLDER), { recursive: true, force: true });
  for (const { path, text } of runbooks()) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}
