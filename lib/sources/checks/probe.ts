// Asks one endpoint, as its users would: within one time limit for all of it, at most 64 KB of the answer, and no
// redirect to another host.
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import type { TLSSocket } from "node:tls";
import { lookup as entryOf } from "../../model/lookup.ts";
import type { Endpoint } from "../port.ts";
import { ADDRESS_MS, createLookups, type Looking, type LookUp } from "./lookups.ts";

const BODY_BYTES = 65_536;
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const DAY_MS = 86_400_000;
const HEADERS = { accept: "*/*", "accept-encoding": "identity", "user-agent": "lookout" };
/** This process's own, whatever the sources. */
const lookups = createLookups();

/** Why a probe failed, in words that rules can match. */
export type ProbeError =
  | "timeout"
  | "dns"
  | "refused"
  | "reset"
  | "unreachable"
  | "certificate"
  | "tls"
  | "redirect"
  | "status"
  | "body"
  | "malformed"
  | "other";

export interface Outcome {
  /** Of the last answer; null: there was none. */
  status: number | null;
  /** ms, all of it. */
  duration: number;
  error: ProbeError | null;
  /** For people: what was answered, or what went wrong. It quotes nothing that was sent or answered. */
  message: string;
  /** Until the certificate expires, rounded down; null: none was shown. */
  days: number | null;
}

interface Answer {
  status: number;
  location: string | undefined;
  body: string;
  days: number | null;
}

class ProbeFailed extends Error {
  readonly error: ProbeError;
  constructor(error: ProbeError, message: string) {
    super(message);
    this.error = error;
  }
}

/** What all requests of a probe have in common. */
interface Probing {
  endpoint: Endpoint;
  timeout: number;
  now: number;
  signal: AbortSignal;
  lookup: LookupFunction;
}

/**
 * `now` in ms is what certificates are compared with. Undefined: half of its time or more passed while it waited for
 * the names of others, which says nothing of this endpoint. Throws only where the signal aborts: its reason.
 */
export async function probe(
  endpoint: Endpoint,
  timeout: number,
  now: number,
  signal: AbortSignal,
  lookUp = lookups,
): Promise<Outcome | undefined> {
  signal.throwIfAborted();
  const began = performance.now();
  const limit = AbortSignal.timeout(timeout);
  const names = naming(lookUp);
  const outcome: Outcome = { status: null, duration: 0, error: null, message: "", days: null };
  try {
    const probing = { endpoint, timeout, now, signal: AbortSignal.any([limit, signal]), lookup: names.lookup };
    const answer = await follow(probing, outcome);
    refuse(endpoint, answer);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted && names.waited() >= timeout / 2) return undefined;
    Object.assign(outcome, limit.aborted ? late(timeout, names.areKnown()) : failureOf(error));
  }
  outcome.duration = Math.round(performance.now() - began);
  if (outcome.error === null) outcome.message = `HTTP ${outcome.status} in ${outcome.duration} ms`;
  return outcome;
}

/** The lookups of one probe. */
function naming(lookUp: LookUp) {
  const all: { asked: number; looking: Looking }[] = [];
  let underWay = 0;
  const lookup: LookupFunction = (name, _, done) => {
    const one = { asked: performance.now(), looking: lookUp(name) };
    all.push(one);
    underWay++;
    one.looking.addresses
      .finally(() => underWay--)
      .then(
        (found) => done(null, found),
        (error: NodeJS.ErrnoException) => done(error, []),
      );
  };
  const waited = () => {
    const now = performance.now();
    return all.reduce((sum, { asked, looking: { begun = now } }) => sum + Math.max(0, begun - asked), 0);
  };
  return { lookup, areKnown: () => underWay === 0, waited };
}

/** Throws ProbeFailed where the answer is not a good one. */
function refuse({ status, body }: Endpoint, answer: Answer): void {
  const isGood = status ? status.includes(answer.status) : answer.status >= 200 && answer.status <= 299;
  if (!isGood) throw new ProbeFailed("status", `HTTP ${answer.status}`);
  if (body !== undefined && !answer.body.includes(body)) {
    throw new ProbeFailed("body", `HTTP ${answer.status}, but the answer does not hold the text that it should`);
  }
}

/** The last answer of a chain of redirects; `outcome` learns of each. */
async function follow(probing: Probing, outcome: Outcome): Promise<Answer> {
  const { endpoint } = probing;
  let url = new URL(endpoint.url as string);
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(url, probing);
    outcome.status = answer.status;
    outcome.days = answer.days;
    const isFinal = !REDIRECTS.has(answer.status) || endpoint.status?.includes(answer.status) === true;
    if (isFinal || answer.location === undefined) return answer;
    if (redirects === MAX_REDIRECTS) throw new ProbeFailed("redirect", `redirected more than ${MAX_REDIRECTS} times`);
    const next = URL.parse(answer.location, url.href);
    if (next === null || !isSameHost(url, next)) {
      throw new ProbeFailed(
        "redirect",
        `HTTP ${answer.status}: redirected to another host or port, which is not followed`,
      );
    }
    url = next;
  }
}

/** The same host and port, or from HTTP to HTTPS at the usual ports. */
function isSameHost(from: URL, to: URL): boolean {
  if (from.protocol === to.protocol) return from.host === to.host;
  return from.hostname === to.hostname && from.port === "" && to.port === "" && to.protocol === "https:";
}

function ask(url: URL, { endpoint: { method, header }, timeout, now, signal, lookup }: Probing): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const isSecure = url.protocol === "https:";
  const request = (isSecure ? requestHttps : requestHttp)(url, {
    method,
    headers: { ...HEADERS, ...header },
    // One of its own, and with it a connection: what it is to find out is whether one can be made. A session that goes
    // on would show no certificate.
    agent: false,
    signal,
    lookup,
    ...{ autoSelectFamily: true, autoSelectFamilyAttemptTimeout: Math.min(ADDRESS_MS, Math.ceil(timeout / 4)) },
  });
  request.on("response", (response) => {
    const { statusCode = 0, headers } = response;
    const days = isSecure ? daysLeft(response.socket as TLSSocket, now) : null;
    readBody(response).then((body) => resolve({ status: statusCode, location: headers.location, body, days }), reject);
  });
  request.on("error", reject);
  // Whatever else may have ended it.
  request.on("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
  request.end();
  return promise;
}

/** The beginning of the body. */
function readBody(response: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let left = BODY_BYTES;
  const done = () => resolve(Buffer.concat(chunks).toString());
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left > 0) return;
    done();
    response.destroy();
  });
  response.on("end", done);
  response.on("error", reject);
  response.on("close", () => reject(Object.assign(new Error("cut"), { code: "ECONNRESET" })));
  return promise;
}

function daysLeft(socket: TLSSocket, now: number): number | null {
  const until = Date.parse(socket.getPeerCertificate().valid_to ?? "");
  return Number.isNaN(until) ? null : Math.floor((until - now) / DAY_MS);
}

function late(timeout: number, isNamed: boolean): Pick<Outcome, "error" | "message"> {
  if (!isNamed) return { error: "dns", message: `the host's name did not resolve within ${timeout / 1_000} s` };
  return { error: "timeout", message: `no complete answer within ${timeout / 1_000} s` };
}

const CODES: Readonly<Record<string, ProbeError>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ECONNABORTED: "reset",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EPROTO: "tls",
  CERT_HAS_EXPIRED: "certificate",
  CERT_NOT_YET_VALID: "certificate",
  CERT_REVOKED: "certificate",
  CERT_UNTRUSTED: "certificate",
  CERT_REJECTED: "certificate",
  CERT_SIGNATURE_FAILURE: "certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate",
  UNABLE_TO_GET_ISSUER_CERT: "certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate",
  HOSTNAME_MISMATCH: "certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate",
};

const WORDS: Readonly<Record<ProbeError, string>> = {
  timeout: "the connection timed out",
  dns: "the host's name cannot be resolved",
  refused: "the connection was refused",
  reset: "the connection was reset or cut",
  unreachable: "the host cannot be reached",
  certificate: "the certificate is not valid",
  tls: "TLS could not be agreed on",
  malformed: "the answer is no HTTP",
  redirect: "a redirect is not followed",
  status: "the status is not a good one",
  body: "the answer is not the one wanted",
  other: "the request failed",
};

/** By the system's own code alone: a message may quote a header or the address. */
function failureOf(cause: unknown): Pick<Outcome, "error" | "message"> {
  if (cause instanceof ProbeFailed) return { error: cause.error, message: cause.message };
  const { code, errors } = cause as { code?: unknown; errors?: { code?: unknown }[] };
  const name = String(code ?? errors?.[0]?.code ?? "");
  const error =
    entryOf(CODES, name) ?? (name.startsWith("HPE_") ? "malformed" : name.startsWith("ERR_SSL_") ? "tls" : "other");
  return { error, message: name === "" ? WORDS[error] : `${WORDS[error]} (${name})` };
}
