// One HTTP exchange over Node's own client, which takes less processor time than `fetch`: connections are kept for the
// next request, redirects are not followed, and of the answer's body no more is read than is asked for.
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";
import type { HttpRequest, HttpResponse } from "../port.ts";

/** An idle connection is closed after this, before most receivers would do so; ms. */
const IDLE_MS = 4_000;
const AGENT = { keepAlive: true, timeout: IDLE_MS };
/** Each is made at the first request: most commands send nothing, and start faster without. */
let plain: Agent | undefined;
let secure: SecureAgent | undefined;
/** What is said unless the request says otherwise. An answer is text for people: it need not come compressed. */
const HEADERS = { accept: "*/*", "accept-encoding": "identity", "user-agent": "lookout" };

export interface ExchangeOptions {
  /** For the whole exchange; ms. */
  timeoutMs: number;
  /** Bytes of the answer's body that are read. */
  bodyLimit: number;
  signal?: AbortSignal | undefined;
}

export type Exchange = (
  url: URL,
  request: Pick<HttpRequest, "method" | "headers" | "body">,
  options: ExchangeOptions,
) => Promise<HttpResponse>;

/** The one door to the network that channels have: simulations put their own in its place. */
export const network: { exchange: Exchange } = { exchange };

/** Aborted after so many milliseconds. */
export function timeLimit(ms: number): AbortSignal {
  return AbortSignal.timeout(ms);
}

function plainAgent(): Agent {
  plain ??= new Agent(AGENT);
  return plain;
}

function secureAgent(): SecureAgent {
  secure ??= new SecureAgent(AGENT);
  return secure;
}

/** Rejects with an error that has the system's `code`, ETIMEDOUT where there was no complete answer in time. */
function exchange(
  url: URL,
  { method, headers, body }: Pick<HttpRequest, "method" | "headers" | "body">,
  { timeoutMs, bodyLimit, signal }: ExchangeOptions,
): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
  const isSecure = url.protocol === "https:";
  const request = (isSecure ? requestHttps : requestHttp)(url, {
    method,
    headers: { ...HEADERS, ...headers },
    agent: isSecure ? secureAgent() : plainAgent(),
    ...(signal ? { signal } : {}),
  });
  const timer = setTimeout(() => request.destroy(coded("ETIMEDOUT")), timeoutMs);
  let answered = false;
  request.on("response", (response) => {
    answered = true;
    readBody(response, bodyLimit).then((text) => {
      resolve({ status: response.statusCode!, headers: headersOf(response), body: text });
    }, reject);
  });
  request.on("error", reject);
  // Whatever else may have ended it.
  request.on("close", () => {
    if (!answered) reject(coded("ECONNRESET"));
  });
  request.end(method === "GET" ? undefined : body);
  return promise.finally(() => clearTimeout(timer));
}

/** The beginning of the body, whole code points only where it is cut. */
function readBody(response: IncomingMessage, limit: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let left = limit;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left > 0) return;
    resolve(new TextDecoder().decode(Buffer.concat(chunks), { stream: true }));
    response.destroy();
  });
  response.on("end", () => resolve(chunks.length === 0 ? "" : new TextDecoder().decode(Buffer.concat(chunks))));
  response.on("error", reject);
  response.on("close", () => {
    if (!response.complete) reject(coded("ECONNRESET"));
  });
  return promise;
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
