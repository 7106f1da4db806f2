// `${env:NAME}` where a value is needed at once and is no secret: regions, projects, endpoints and the store.
import { lookup } from "../../model/lookup.ts";
import type { Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findIn, findingAt } from "../document/finding.ts";
import { field, fieldsOf, isMap } from "../document/raw.ts";
import type { Environment } from "../environment.ts";
import { splitReferences } from "../secrets/references.ts";

/**
 * Puts the variables' values into the document: in connections, but for their credentials, and in the store, but for a
 * database's address. A variable that is not set, or a reference of another kind, is a finding.
 */
export function expandVariables(document: Document, env: Environment): Finding[] {
  const { root } = document;
  const connections = findIn(fieldsOf(field(root, "connections")), ([name, connection]) =>
    fieldsOf(connection)
      .filter(([key]) => key !== "auth")
      .flatMap(([key]) => expandIn(connection, key, ["connections", name, key], document, env)),
  );
  const store = findIn(fieldsOf(field(root, "store")), ([key]) =>
    key === "url" ? [] : expandIn(field(root, "store"), key, ["store", key], document, env),
  );
  return [...connections, ...store];
}

function expandIn(
  holder: unknown,
  key: string | number,
  place: Place,
  document: Document,
  env: Environment,
): Finding[] {
  const parts = holder as Record<string | number, unknown>;
  const value = isMap(holder) || Array.isArray(holder) ? parts[key] : undefined;
  if (Array.isArray(value))
    return value.flatMap((_, index) => expandIn(value, index, [...place, index], document, env));
  if (isMap(value)) return Object.keys(value).flatMap((name) => expandIn(value, name, [...place, name], document, env));
  if (typeof value !== "string") return [];
  const findings: Finding[] = [];
  const say = (message: string, hint: string): number =>
    findings.push(findingAt(document.locate(place), place, message, hint));
  const texts = splitReferences(value).map((part) => {
    if (typeof part === "string") return part;
    const found = part.scheme === "env" ? lookup(env, part.name) : undefined;
    if (part.scheme !== "env")
      say(`${part.text} cannot stand here`, "write ${env:NAME} or the value itself; it is no secret");
    else if (!found) say(`${part.text} has no value`, `set the environment variable ${part.name}`);
    return found || part.text;
  });
  parts[key] = texts.join("");
  return findings;
}
