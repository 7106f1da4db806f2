// What a refusal says beside the receiver's own words: what a person can do about it, and what answer was wanted.
import { characters, cut } from "../message/plain.ts";
import type { HttpResponse, Outcome } from "../port.ts";
import { receiverWords } from "./redact.ts";

/** Characters of a reason that commands show. */
const SHOWN = 300;

/** The outcome with what to do about it behind its reason, which gives way where both are too long. */
export function advised(outcome: Outcome, advice: string | undefined): Outcome {
  if (outcome.kind === "delivered" || advice === undefined) return outcome;
  const end = `; ${advice}`;
  return { ...outcome, reason: cut(outcome.reason, SHOWN - end.length, characters) + end };
}

/** A status of success without the receiver's own yes, as a proxy's page or another service has it. */
export function unconfirmed({ status, body }: HttpResponse, wanted: string): Outcome {
  return { kind: "permanent", reason: `HTTP ${status}, but not ${wanted}: ${receiverWords(body)}` };
}
