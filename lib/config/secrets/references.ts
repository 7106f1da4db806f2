// Secret references in text: `${env:NAME}`, `${file:path}`, `${ssm:/name}`, `${secretsmanager:id#key}`.
import { formatPlace, type Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findIn, findingAt } from "../document/finding.ts";
import { field, isMap, itemsOf, partAt } from "../document/raw.ts";

type Scheme = "env" | "file" | "ssm" | "secretsmanager";

export interface Reference {
  /** As written, with `${` and `}`. */
  text: string;
  scheme: Scheme;
  name: string;
}

const ANY = /\$\{([^}]*)\}?/g;
const VALID = /^\$\{(env|file|ssm|secretsmanager):([^}]+)\}$/;
const NAMES: Readonly<Record<Scheme, RegExp>> = {
  env: /^[A-Za-z_][A-Za-z0-9_]*$/,
  file: /\S/,
  ssm: /^[A-Za-z0-9_./:-]+$/,
  secretsmanager: /^[^#\s]+(#[^#]+)?$/,
};
const FORMS = "write ${env:NAME}, ${file:path}, ${ssm:/name} or ${secretsmanager:id#key}";

/** The parts of a text: literal strings and references, in order. A `${…}` of another form stays literal. */
export function splitReferences(text: string): (string | Reference)[] {
  const parts: (string | Reference)[] = [];
  let end = 0;
  for (const match of text.matchAll(ANY)) {
    const reference = parseReference(match[0]);
    if (reference === undefined) continue;
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(reference);
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

function parseReference(text: string): Reference | undefined {
  const [, scheme, name] = VALID.exec(text) ?? [];
  if (scheme === undefined || name === undefined || !NAMES[scheme as Scheme].test(name)) return undefined;
  return { text, scheme: scheme as Scheme, name };
}

/** Where references are resolved. */
const RESOLVED: readonly Place[] = [
  ["connections"],
  ["channels"],
  ["health", "heartbeat"],
  ["console", "token"],
  ["store"],
];

/** Findings for every `${…}` that is no reference, where references are resolved. */
export function checkReferences(document: Document): Finding[] {
  return findIn(resolvedIn(document), (place) => checkTexts(partAt(document.root, place), place, document));
}

/** The references of a file as it was read, where they are resolved. */
export function referencesOf(document: Pick<Document, "root">): Reference[] {
  return resolvedIn(document).flatMap((place) => referencesIn(partAt(document.root, place)));
}

function resolvedIn({ root }: Pick<Document, "root">): Place[] {
  const targets = itemsOf(field(root, "sources")).flatMap((source, index) =>
    itemsOf(field(source, "targets")).map((_, nth) => ["sources", index, "targets", nth]),
  );
  return [
    ...RESOLVED,
    ...targets.flatMap((target) => [
      [...target, "url"],
      [...target, "header"],
    ]),
  ];
}

/** The references in a value's texts, in lists and objects of any depth. */
export function referencesIn(value: unknown): Reference[] {
  if (typeof value === "string") return splitReferences(value).filter((part) => typeof part !== "string");
  return Array.isArray(value) || isMap(value) ? Object.values(value).flatMap(referencesIn) : [];
}

function checkTexts(value: unknown, place: Place, document: Document): Finding[] {
  if (isMap(value)) return findIn(Object.entries(value), ([key, part]) => checkTexts(part, [...place, key], document));
  if (Array.isArray(value)) return findIn(value, (part, index) => checkTexts(part, [...place, index], document));
  if (typeof value !== "string") return [];
  const wrong = [...value.matchAll(ANY)].filter(([text]) => parseReference(text) === undefined);
  const subject = `"${formatPlace(place.slice(-1))}"`;
  return wrong.length === 0
    ? []
    : [findingAt(document.locate(place), place, `${subject} holds a \${…} that is no reference`, FORMS)];
}
