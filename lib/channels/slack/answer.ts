// How Slack answers: the body `ok` of a webhook, JSON with `ok: true` of its Web API, else an error in a word.
import { jsonObject, refused, retry, retryAfter, UNNAMED_WAIT, wait } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import type { HttpResponse, Outcome } from "../port.ts";

/** It takes no more for now, with or without a time. */
const LIMITED = new Set(["rate_limited", "ratelimited"]);
/** Errors that pass by themselves. */
const PASSING = new Set([...LIMITED, "internal_error", "fatal_error", "service_unavailable", "request_timeout"]);

/** The webhook, the app or its token was removed, or the channel is archived. */
const GONE = new Set(["no_service", "channel_is_archived", "is_archived", "account_inactive", "token_revoked"]);

/** What to do about errors that a person can mend. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ["not_in_channel", "invite the app to the channel"],
  ["channel_not_found", "name the channel by its id, and invite the app where it is private"],
  ["invalid_auth", "check the token"],
  ["missing_scope", "give the app the scope chat:write"],
]);

export function judge(response: HttpResponse, now: number): Outcome {
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
  const gone = GONE.has(error) ? { gone: true as const } : {};
  if (response.status !== 200) {
    const outcome = refused(response, now, error);
    return outcome.kind === "permanent" ? { ...outcome, ...gone } : outcome;
  }
  const hint = HINTS.get(error);
  const words = hint === undefined ? receiverWords(error) : `${error} (${hint})`;
  return { kind: "permanent", reason: `HTTP 200, but not the answer "ok": ${words}`, ...gone };
}
