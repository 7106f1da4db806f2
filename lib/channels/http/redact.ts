// What a receiver answers, made fit for errors and logs: it may repeat our address or key, which must not be shown.
import { oneLine } from "../../model/printable.ts";
import { characters, cut } from "../message/plain.ts";
import type { HttpRequest } from "../port.ts";

const HIDDEN = "[hidden]";
const ADDRESS = /\b[a-z][a-z0-9+.-]{0,20}:\\?\/\\?\/[^\s"'<>]+/gi;
const PATH = /\\?\/[\w.~%+=-]+\\?\/[\w.~%+=-]+[^\s"'<>]*/g;
const NAMED =
  /\b([\w-]{0,40}(?:key|token|secret|signature|sign|sig|password|passwd|authorization)["']?\s*[=:]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"',;&}]+/gi;
const BEARER = /\b(bearer|basic)\s+[^\s"',;}]+/gi;
const RUN = /[A-Za-z0-9_+/=%.~-]{8,}/g;
/** Runs that are the names of errors: words_in_snake_case, kebab-case, CamelCaseThatIsOne, plain.dotted.names. */
const WORDS = /^(?:[a-z]{2,20}(?:[._-][a-z]{2,20})*|(?:[A-Z][a-z]{2,20}|Is|In|Of|On|To|No|By|At|Id)+)\.?$/;
/** Codes of errors as clouds write them, such as APIG.0301 or SMN.00011006. */
const CODE = /^[A-Z][A-Za-z]{1,11}\.\d{3,8}\.?$/;

const SHOWN = 200;
const READ = 4_000;

/** The receiver's own words on one line, at most 200 characters, without whatever looks like an address or a key. */
export function receiverWords(text: string): string {
  const words = oneLine(text.slice(0, READ).replace(/<[^<>]*>/g, " "))
    .replace(ADDRESS, HIDDEN)
    .replace(NAMED, `$1${HIDDEN}`)
    .replace(BEARER, `$1 ${HIDDEN}`)
    .replace(PATH, HIDDEN)
    .replace(RUN, (run) => (looksSecret(run) ? HIDDEN : run));
  return cut(words, SHOWN, characters);
}

function looksSecret(run: string): boolean {
  if (WORDS.test(run) || CODE.test(run)) return false;
  return run.length >= 16 || (/[A-Za-z]/.test(run) && /\d.*\d/.test(run));
}

/** Headers whose values say nothing that must be hidden. */
const OPEN_HEADERS = new Set(["content-type", "user-agent", "webhook-id", "webhook-timestamp"]);

/** `text` with every repetition of the request's own secrets (parts of its address, its header values) blotted out. */
export function withoutEchoes(text: string, request: HttpRequest): string {
  let clean = text;
  for (const secret of secretsOf(request)) clean = clean.replaceAll(secret, HIDDEN);
  return clean;
}

/** Words in the addresses of services, which they may answer with, too. */
const OPEN_WORDS = new Set([
  "alerts",
  "enqueue",
  "integrations",
  "invoke",
  "manual",
  "message",
  "messages",
  "notifications",
  "publish",
  "services",
  "spaces",
  "triggers",
  "webhook",
  "webhooks",
  "workflows",
]);

function secretsOf(request: HttpRequest): string[] {
  const url = new URL(request.url);
  const words = url.pathname.split("/").filter((word) => !OPEN_WORDS.has(word));
  const found = [request.url, url.href, ...words, ...url.search.slice(1).split("&").flatMap(rawValues)];
  found.push(...url.searchParams.values(), url.username, url.password, url.hash.slice(1));
  for (const [name, value] of Object.entries(request.headers)) {
    if (!OPEN_HEADERS.has(name.toLowerCase())) found.push(value, ...value.split(" "));
  }
  // Digits alone are left: they could be the code that the answer is judged by.
  return found.filter((part) => part.length >= 6 && /\D/.test(part)).sort((a, b) => b.length - a.length);
}

/** A parameter's value as the address has it, and its parts. Names are no secrets; without "=" it is a value. */
function rawValues(parameter: string): string[] {
  const value = parameter.slice(parameter.indexOf("=") + 1);
  return [value, ...value.split("=")];
}
