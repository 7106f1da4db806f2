// Reads what the clouds answer when they refuse: the four families of error bodies, and what each means for a caller.
// Invariant: an error's text is short, for people, and holds no secret that we know: it is redacted first and cut then.
import type { Redactor } from "../../model/redactor.ts";
import { CloudError, type CloudErrorKind } from "./client.ts";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

type Redact = Redactor["redact"];

/** Characters that are read of a text. */
const READ = 65_536;
const MAX_RETRY_AFTER_MS = 86_400_000;
/** The gateway's "invalid authentication information", and ModelArts' expired, invalid and unscoped tokens. */
const CREDENTIAL_CODES = /^(APIG(W)?\.0301|ModelArts\.(0202|0203|0207|0212))$/i;
const THROTTLE_CODES = /^(APIG(W)?\.0308|ModelArts\.(2799|4206|6101)|IAM\.0012)$/i;
/** TrainingJobNotFound comes with status 400. */
const MISSING_CODES = /^ModelArts\.2775$/i;
/** The gateway knows no such API: nothing is said about the target. */
const NO_API_CODES = /^APIG(W)?\.0101$/i;

/**
 * The error of an answer that is no 2xx. `what` names the request; `now` (ms) resolves Retry-After
 * and tells clocks apart.
 */
export function answerError(answer: Answer, what: string, now: number, redact: Redact): CloudError {
  const { code, message } = readBody(answer.text, redact);
  const kind = kindOf(answer.status, code);
  const request = redact(answer.headers.get("x-request-id") ?? "");
  const text = [
    `${redact(what)}: HTTP ${answer.status}`,
    code === undefined ? "" : ` ${code}`,
    message === "" ? "" : `: ${message}`,
    hint(kind, answer, now),
    request === "" ? "" : ` (request ${request.slice(0, 80)})`,
  ].join("");
  return new CloudError(kind, text, { status: answer.status, code, retryAt: retryAt(answer.headers, now) });
}

function kindOf(status: number, code = ""): CloudErrorKind {
  if (status === 401 || CREDENTIAL_CODES.test(code)) return "credentials";
  if (status === 429 || THROTTLE_CODES.test(code)) return "throttled";
  if (status === 403) return "forbidden";
  if (NO_API_CODES.test(code)) return "bad-request";
  if (status === 404 || MISSING_CODES.test(code)) return "not-found";
  return status === 408 || status >= 500 ? "server" : "bad-request";
}

function hint(kind: CloudErrorKind, answer: Answer, now: number): string {
  if (answer.status >= 300 && answer.status < 400)
    return ": redirects are not followed; check the connection's endpoints";
  if (kind !== "credentials") return "";
  const minutes = Math.round((now - Date.parse(answer.headers.get("date") ?? "")) / 60_000);
  return Math.abs(minutes) >= 5 ? ` (this machine's clock is ${minutes} minutes off the cloud's)` : "";
}

/** ms since the epoch, from seconds or a date. */
function retryAt(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  const at = /^\d+$/.test(value) ? now + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + MAX_RETRY_AFTER_MS);
}

/**
 * The code and message of ModelArts and gateway `{error_code, error_msg}`, Cloud Eye `{http_code, message:
 * {code, details}}` and (older) `{code, message, details: {code, details}}`, IAM `{error: {code,
 * message}}`; else the text itself.
 */
function readBody(text: string, redact: Redact): { code: string | undefined; message: string } {
  const body = parse(text);
  if (!isObject(body)) return { code: undefined, message: plain(text, redact) };
  const inner = [body["error"], body["message"], body["details"]].filter(isObject);
  const all = [...inner, body];
  const code = first(all, ["error_code", "code", "http_code"]);
  return {
    code: code === undefined ? undefined : redact(code, READ).slice(0, 60),
    message: plain(first(all, ["error_msg", "details", "message", "title"]) ?? "", redact),
  };
}

function first(objects: Record<string, unknown>[], names: string[]): string | undefined {
  for (const object of objects) {
    for (const name of names) {
      const value = object[name];
      if (typeof value === "string" || typeof value === "number") return String(value);
    }
  }
  return undefined;
}

/** One short line without markup, in which a secret may have stood, too. */
function plain(text: string, redact: Redact): string {
  const words = redact(text, READ)
    .slice(0, 4_000)
    .replace(/<(script|style)[\s\S]*?(<\/\1>|$)/gi, " ")
    .replace(/<[^<>]*>/g, " ")
    .replace(/[\s\u0000-\u001f\u007f]+/g, " ")
    .trim();
  const line = redact(words, words.length);
  return (line.length > 300 ? `${line.slice(0, 299)}…` : line).toWellFormed();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
