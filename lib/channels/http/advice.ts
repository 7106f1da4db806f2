// What a refusal says beside the receiver's own words: what a person can do about it, and what answer was wanted.
import type { HttpResponse, Outcome } from "../port.ts";
import { receiverWords } from "./redact.ts";

/** The outcome with what to do about it behind its reason. */
export function advised(outcome: Outcome, advice: string | undefined): Outcome {
  if (outcome.kind === "delivered" || advice === undefined) return outcome;
  return { ...outcome, reason: `${outcome.reason}; ${advice}` };
}

/** A status of success without the receiver's own yes, as a proxy's page or another service has it. */
export function unconfirmed({ status, body }: HttpResponse, wanted: string): Outcome {
  return { kind: "permanent", reason: `HTTP ${status}, but not ${wanted}: ${receiverWords(body)}` };
}
