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
export function unconfirmed(response: HttpResponse, wanted: string): Outcome {
  const { status, body } = response;
  return (
    strangersPage(response) ?? {
      kind: "permanent",
      reason: `HTTP ${status}, but not ${wanted}: ${receiverWords(body)}`,
    }
  );
}

/**
 * A success with a web page, as a proxy or a login page between here and the service has it: the message may be taken
 * once that is gone. Undefined for every other answer; no service takes messages with a page.
 */
export function strangersPage({ status, body }: HttpResponse): Outcome | undefined {
  if (status < 200 || status > 299 || !body.trimStart().startsWith("<")) return undefined;
  const said = receiverWords(body);
  return {
    kind: "retry",
    reason: `HTTP ${status} with a web page${said && `: ${said}`}; somebody else answered: check the address, and the network for a proxy`,
  };
}
