// Finds secrets that others may read: in clear text in the file, or sent without encryption. Shows no value.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Config } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import { isMap } from "../document/raw.ts";
import type { Places } from "../load/load.ts";
import { keysInAddress } from "../secrets/address-keys.ts";
import { referencesIn } from "../secrets/references.ts";
import type { Secrets } from "../secrets/secrets.ts";

const SECRET = /^(secretKey|securityToken|password|token|secret|routingKey|apiKey)$/;
const SECRET_HEADER = /key|token|secret|auth|cookie|credential|password|signature/i;
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;
/** May others read it? */
const READ_BY_OTHERS = 0o004;

interface Entry {
  text: string;
  place: Place;
}

/** References to variables and files are tried; what comes from AWS is not. */
export async function lintExposure(
  config: Config,
  places: Places,
  secrets: Pick<Secrets, "resolveLocal">,
): Promise<Finding[]> {
  const clear = secretsInClear(config).map(({ place }) => {
    const hint = 'write a reference such as "${env:NAME}" or "${file:path}" in its place';
    return findingAt(places.locate(place), place, `${nameOf(place)} is a secret in clear text`, hint);
  });
  const addresses = await Promise.all(addressesOf(config).map((entry) => lintAddress(entry, places, secrets)));
  return [...clear, ...(clear.length > 0 ? await lintMode(config, places) : []), ...addresses.flat()];
}

/** Where secrets stand as they are, and not as references. */
export function secretsInClear(config: Config): Entry[] {
  return entriesOf(config).filter(({ text, place }) => referencesIn(text).length === 0 && isSecret(text, place));
}

/** The texts that may be secrets. Channels' options stand beside `type` in the file. */
function entriesOf(config: Config): Entry[] {
  const { connections, channels, health, console, store } = config;
  return [
    ...Object.entries(connections).flatMap(([name, { auth }]) => textsIn(auth, ["connections", name, "auth"])),
    ...Object.entries(channels).flatMap(([name, { options }]) => textsIn(options, ["channels", name])),
    // The path of an endpoint may look like a key, such as a service's id, and is none.
    ...endpointParts(config).flatMap(([part, place]) => (place.at(-1) === "url" ? [] : textsIn(part, place))),
    ...textsIn(health.heartbeat, ["health", "heartbeat"]),
    ...textsIn(console?.token, ["console", "token"]),
    ...(store.type === "postgres" ? textsIn(store.url, ["store", "url"]) : []),
  ];
}

/** The headers and the addresses of endpoints that are asked. */
export function endpointParts({ sources }: Config): [part: unknown, place: Place][] {
  return sources.flatMap(({ targets = [] }, index) =>
    targets.flatMap(({ endpoint }, nth): [unknown, Place][] => {
      const place = ["sources", index, "targets", nth];
      return endpoint === undefined
        ? []
        : [
            [endpoint.header, [...place, "header"]],
            [endpoint.url, [...place, "url"]],
          ];
    }),
  );
}

function textsIn(value: unknown, place: Place): Entry[] {
  if (typeof value === "string") return [{ text: value, place }];
  if (Array.isArray(value)) return value.flatMap((part, index) => textsIn(part, [...place, index]));
  return isMap(value) ? Object.entries(value).flatMap(([key, part]) => textsIn(part, [...place, key])) : [];
}

function isSecret(text: string, place: Place): boolean {
  const name = keyOf(place);
  return keysInAddress(text).length > 0 || SECRET.test(name) || (isHeader(place) && SECRET_HEADER.test(name));
}

export function isHeader(place: Place): boolean {
  return place.at(-2) === "headers" || place.at(-2) === "header";
}

/** Whatever is sent there goes with credentials, or has them in the address. */
function addressesOf(config: Config): Entry[] {
  const endpoints = Object.entries(config.connections).flatMap(([name, one]) => {
    return textsIn(one.endpoints, ["connections", name, "endpoints"]);
  });
  const sent = Object.entries(config.channels).flatMap(([name, { type, options }]) => {
    const headers = textsIn(options["headers"], ["channels", name, "headers"]).filter((one) =>
      isSecret(one.text, one.place),
    );
    const known = type !== "webhook" || headers.length > 0;
    return textsIn(options["url"], ["channels", name, "url"]).map((entry) => ({ ...entry, known }));
  });
  const heartbeat = textsIn(config.health.heartbeat, ["health", "heartbeat"]).map((entry) => ({
    ...entry,
    known: false,
  }));
  return [...endpoints.map((entry) => ({ ...entry, known: true })), ...sent, ...heartbeat];
}

async function lintAddress(
  { text, place, known }: Entry & { known?: boolean },
  places: Places,
  secrets: Pick<Secrets, "resolveLocal">,
): Promise<Finding[]> {
  const address = (await secrets.resolveLocal(text)) ?? "";
  const url = URL.parse(address.trim());
  // A mail server has no other place for them, and no proxy that logs them.
  if (url && isWeb(url) && `${url.username}${url.password}` !== "") {
    const message = `${nameOf(place)} holds a user or a password, which many receivers and proxies log`;
    return [findingAt(places.locate(place), place, message, instead(place))];
  }
  if (url?.protocol !== "http:" || LOOPBACK.test(url.hostname)) return [];
  if (!known && keysInAddress(address).length === 0) return [];
  const message = `${nameOf(place)} is an http:// address: credentials go there unencrypted`;
  return [findingAt(places.locate(place), place, message, "use https://")];
}

function instead([section]: Place): string {
  const header = 'headers: { Authorization: "${env:NAME}" }, with "Basic …" as its value';
  return section === "channels" ? `leave it out; a webhook takes ${header}` : "leave it out";
}

/** Everyone on the machine may read what stands in clear text. */
async function lintMode({ file }: Config, places: Places): Promise<Finding[]> {
  const { mode } = await stat(file);
  if (process.platform === "win32" || (mode & READ_BY_OTHERS) === 0) return [];
  const message = "every user of this machine can read this file and the secrets in it";
  return [findingAt({ file: places.files[0] ?? file, line: 1, column: 1 }, [], message, `chmod 600 ${basename(file)}`)];
}

function isWeb({ protocol }: URL): boolean {
  return protocol === "http:" || protocol === "https:";
}

/** The key that a value stands under, or the list that it is in. */
export function keyOf(place: Place): string {
  return String(place.findLast((step) => typeof step === "string"));
}

function nameOf(place: Place): string {
  return `"${keyOf(place)}"`;
}
