// How answers are judged where a receiver has no terms of its own: by HTTP status, by Retry-After,
// by a code in the body.
import type { HttpResponse, Outcome } from "../port.ts";
import { receiverWords } from "./redact.ts";

/** A service that takes no more for now, and names no time, is left alone for this. ms */
export const UNNAMED_WAIT = 1_000;
/** A wait beyond this means no more than this: the delivery is dead long before. ms */
const LONGEST_WAIT = 7 * 86_400_000;

/**
 * Milliseconds to wait according to `retry-after` (seconds, also fractions, or an HTTP date compared with `now`);
 * undefined where it is absent, past or no time at all.
 */
export function retryAfter(response: HttpResponse, now: number): number | undefined {
  const text = header(response, "retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d*)?$/.test(text)) return wait(Number(text) * 1_000);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  return wait(Date.parse(text) - now);
}

/** `ms` as a wait: whole and bounded; undefined for what is none. */
export function wait(ms: unknown): number | undefined {
  if (typeof ms !== "number" || !(ms > 0)) return undefined;
  return Math.min(Math.ceil(ms), LONGEST_WAIT);
}

/** A response header by its name in lower case. */
export function header(response: HttpResponse, name: string): string | undefined {
  return Object.entries(response.headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** "Try again", never before the longest of the waits named. */
export function retry(reason: string, ...waits: (number | undefined)[]): Outcome {
  const after = Math.max(0, ...waits.map((ms) => ms ?? 0));
  return after > 0 ? { kind: "retry", reason, after } : { kind: "retry", reason };
}

/**
 * An answer that is no success: 408, 425, 429 and 5xx are worth another try, everything else is not; 410 says that
 * no other delivery is, either. 429 asks to wait, whether it names a time or not. The reason holds the status and the
 * receiver's words (`said`, else the body).
 */
export function refused(response: HttpResponse, now: number, said = response.body): Outcome {
  const { status } = response;
  const words = receiverWords(said);
  const reason = [`HTTP ${status}${hint(status)}`, words].filter(Boolean).join(": ");
  if (status === 429) return retry(reason, retryAfter(response, now) ?? UNNAMED_WAIT);
  if (status === 408 || status === 425 || (status >= 500 && status <= 599)) {
    return retry(reason, retryAfter(response, now));
  }
  return status === 410 ? { kind: "permanent", reason, gone: true } : { kind: "permanent", reason };
}

/** A success of another kind than the receiver's own: nothing was taken. Undefined for every other answer. */
export function notAccepted({ status, body }: HttpResponse): Outcome | undefined {
  if (status < 200 || status > 299) return undefined;
  return {
    kind: "permanent",
    reason: `HTTP ${status}, which is not the answer to an accepted alert: ${receiverWords(body)}`,
  };
}

/** The outcome, its reason followed by what a person can do. */
export function advised(outcome: Outcome, advice: string | undefined): Outcome {
  if (advice === undefined || outcome.kind === "delivered") return outcome;
  return { ...outcome, reason: `${outcome.reason}; ${advice}` };
}

function hint(status: number): string {
  if (status >= 300 && status <= 399) return " (a redirect, which is not followed: give the final address)";
  if (status === 410) return " (the endpoint is gone for good)";
  return "";
}

/** The body's object; an empty one where it is no JSON object. */
export function jsonObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/**
 * Answers whose HTTP status says little and whose body carries a code, 0 for success. `waits`: the codes worth another
 * try, and the milliseconds to wait at least.
 */
export function byCode(
  response: HttpResponse,
  now: number,
  answer: { code: unknown; message: unknown },
  waits: ReadonlyMap<number, number>,
): Outcome {
  const { code } = answer;
  const message = typeof answer.message === "string" ? answer.message : response.body;
  if (typeof code !== "number") {
    if (response.status !== 200) return refused(response, now);
    return { kind: "permanent", reason: `HTTP 200 without a result code: ${receiverWords(response.body)}` };
  }
  if (code === 0) return response.status === 200 ? { kind: "delivered" } : refused(response, now);
  const least = waits.get(code);
  const reason = `code ${code}: ${receiverWords(message)}`;
  if (least !== undefined) return retry(reason, least, retryAfter(response, now));
  const outcome = refused(response, now, `code ${code}: ${message}`);
  return outcome.kind === "permanent" ? { ...outcome, reason } : outcome;
}
