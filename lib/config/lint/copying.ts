// Whether a file may be copied to where others can read it, such as a row of the state: only where nothing in it looks
// like a secret. Stricter than the lint, whose warnings must seldom be wrong.
import type { Config } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { isMap } from "../document/raw.ts";
import { keysInAddress } from "../secrets/address-keys.ts";
import { splitReferences } from "../secrets/references.ts";
import { isHeader, keyOf, secretsInClear } from "./secrets.ts";

const NAME = /^(secret[-_]?key|security[-_]?token|password|token|secret|routing[-_]?key|api[-_]?key)$/i;
const PARAMETER = /key|token|secret|sig|auth|cookie|credential|pass|pwd|code/i;
const KNOWN_HEADER = /^(accept|content-type|user-agent)$/i;
/** What may stand before a reference. */
const SCHEME = /^(bearer|basic|token)?$/i;
/** Where the path of an address may be a key: elsewhere it names a page, or a service. */
const WITH_KEYS: ReadonlySet<unknown> = new Set(["connections", "channels", "health", "console", "store"]);

/** `root`: the file as it was read, of which the configuration was made. */
export function mayHoldSecrets(config: Config, root: unknown): boolean {
  return secretsInClear(config).length > 0 || valuesIn(root, []).some(([text, place]) => mayBeSecret(text, place));
}

function valuesIn(value: unknown, place: Place): [text: string, place: Place][] {
  if (Array.isArray(value)) return value.flatMap((part, index) => valuesIn(part, [...place, index]));
  if (isMap(value)) return Object.entries(value).flatMap(([key, part]) => valuesIn(part, [...place, key]));
  return [[String(value ?? ""), place]];
}

function mayBeSecret(text: string, place: Place): boolean {
  const parts = splitReferences(text);
  const literal = parts.filter((part) => typeof part === "string").join("");
  const says = parts.length === 1 ? literal !== "" : !SCHEME.test(literal.trim());
  const name = keyOf(place);
  if (isHeader(place) && says && !KNOWN_HEADER.test(name)) return true;
  if (WITH_KEYS.has(place[0]) && ((says && NAME.test(name)) || keysInAddress(literal).length > 0)) return true;
  // One by itself may have white space in its password, and a message may hold several.
  const addresses = literal.includes("://") ? [literal, ...(literal.match(/[a-z][a-z\d+.-]*:\/\/\S+/gi) ?? [])] : [];
  return addresses.some(hasCredentials);
}

function hasCredentials(address: string): boolean {
  const url = URL.parse(address.trim());
  if (url === null) return address.includes("@");
  if (`${url.username}${url.password}` !== "") return true;
  if ([...url.searchParams].some(([name, value]) => value !== "" && PARAMETER.test(name))) return true;
  return keysInAddress(`https://host/${url.search}${url.hash}`).length > 0;
}
