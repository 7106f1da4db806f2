// One HTTP exchange with a cloud: a request out, the whole answer in, within a time and a size. No retries here.
import type { Redactor } from "../../model/redactor.ts";
import { type Answer, answerError } from "./answers.ts";
import { CloudError } from "./client.ts";
import { createTurns } from "./turns.ts";
import { createScale } from "./weigh.ts";

/** Chunks of an answer, of 64 KB at most, that are taken in at a time. */
const CHUNKS = 8;

export interface Outgoing {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string | undefined;
}

export interface ExchangeLimits {
  /** ms for all of it, the body included. */
  timeout: number;
  /** Of the decoded answer. */
  bytes: number;
}

/**
 * Sends and reads to the end; redirects come back as they are. Throws CloudError "network" (refused, reset, timed out,
 * cut) or "malformed" (too large), or the signal's reason when the caller aborted. Errors quote nothing that was sent.
 */
export async function exchange(outgoing: Outgoing, limits: ExchangeLimits, signal?: AbortSignal): Promise<Answer> {
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(limits.timeout);
  const { method, url, headers, body } = outgoing;
  const what = describe(outgoing);
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...(body === undefined ? {} : { body }),
    });
    const text = await readText(response, limits.bytes, what);
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    if (error instanceof CloudError) throw error;
    signal?.throwIfAborted();
    throw new CloudError("network", `${what}: ${reasonOf(error, timeout.aborted, limits.timeout)}`);
  }
}

/** A request's name in messages: no query, no header, no body. */
export function describe({ method, url }: Pick<Outgoing, "method" | "url">): string {
  return `${method} ${url.origin}${url.pathname}`;
}

/** The parsed body of a 2xx. Throws answerError for everything else, "malformed" for a 2xx that is no JSON. */
export function readJson(answer: Answer, what: string, now: number, redact: Redactor["redact"]): unknown {
  if (answer.status < 200 || answer.status > 299) throw answerError(answer, what, now, redact);
  try {
    return JSON.parse(answer.text);
  } catch {
    throw new CloudError("malformed", `${what}: HTTP ${answer.status} whose body is no JSON`, {
      status: answer.status,
    });
  }
}

async function readText(response: Response, limit: number, what: string): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const parts: string[] = [];
  const weigh = createScale();
  const turn = createTurns(CHUNKS);
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    const excess = size > limit ? `is larger than ${Math.round(limit / 1_048_576)} MB` : weigh(chunk);
    if (excess !== undefined) throw new CloudError("malformed", `${what}: the answer ${excess}`, { status: 413 });
    parts.push(decoder.decode(chunk, { stream: true }));
    const others = turn();
    if (others !== undefined) await others;
  }
  parts.push(decoder.decode());
  return parts.join("");
}

/** The cause's code alone: undici's own messages may quote a header. */
function reasonOf(error: unknown, timedOut: boolean, timeout: number): string {
  if (timedOut) return `no answer within ${Math.round(timeout / 1000)} s`;
  const cause = (error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } }).cause;
  const code = cause?.code ?? cause?.errors?.[0]?.code;
  return typeof code === "string" ? `the connection failed (${code})` : "the request could not be sent or was cut";
}
