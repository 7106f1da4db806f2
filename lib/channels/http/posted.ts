// What becomes of a message that one or more requests of HTTP carry.
import type { Outcome } from "../port.ts";
import { SendError } from "./send.ts";

/** For a request that leaves the time for another, and that may be made twice; ms. */
export const LIMIT_MS = 7_000;

/** A message that cannot be made is refused for good; what the network threw is thrown on, for another try. */
export async function posted(post: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await post();
  } catch (error) {
    if (error instanceof SendError) throw error;
    return { kind: "permanent", reason: `the message could not be made: ${(error as Error).message}` };
  }
}
