// How Slack answers: the body `ok` of a webhook, JSON with `ok: true` of its Web API, else an error in a word.
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused, retry, retryAfter, UNNAMED_WAIT, wait } from "../http/answer.ts";
import type { HttpResponse, Outcome } from "../port.ts";

/** It takes no more for now, with or without a time. */
const LIMITED = new Set(["rate_limited", "ratelimited"]);
/** Errors that pass by themselves. */
const PASSING = new Set([...LIMITED, "internal_error", "fatal_error", "service_unavailable", "request_timeout"]);

/** The webhook, the app or its token was removed, or the channel is archived. */
const GONE = new Set(["no_service", "channel_is_archived", "is_archived", "account_inactive", "token_revoked"]);

/** What a person can do about an error, by its word; `elsewhere` where the word is none of Slack's. */
export interface Advice {
  errors: ReadonlyMap<string, string>;
  elsewhere: string;
}

export function judge(response: HttpResponse, now: number, { errors, elsewhere }: Advice): Outcome {
  const answer = jsonObject(response.body);
  const said = response.body.trim();
  if (response.status === 200 && (said === "ok" || answer["ok"] === true)) return { kind: "delivered" };
  const error = typeof answer["error"] === "string" ? answer["error"] : said;
  if (PASSING.has(error)) {
    const stated = typeof answer["retry_after"] === "number" ? wait(answer["retry_after"] * 1_000) : undefined;
    const named = [stated, retryAfter(response, now)].filter((ms) => ms !== undefined);
    const waits = named.length === 0 && LIMITED.has(error) ? [UNNAMED_WAIT] : named;
    return retry(`HTTP ${response.status}: ${error}`, ...waits);
  }
  const outcome =
    response.status >= 200 && response.status <= 299
      ? unconfirmed({ ...response, body: error }, 'the answer "ok"')
      : refused(response, now, error);
  const known = outcome.kind === "permanent" && GONE.has(error) ? { ...outcome, gone: true as const } : outcome;
  return advised(known, errors.get(error) ?? (response.status === 404 ? elsewhere : undefined));
}
