// What becomes of a message that one or more requests of HTTP carry.
import type { Outcome } from "../port.ts";
import { SendError } from "./send.ts";

/** A message that cannot be made is refused for good; what the network threw is thrown on, for another try. */
export async function posted(post: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await post();
  } catch (error) {
    if (error instanceof SendError) throw error;
    return { kind: "permanent", reason: `the message could not be made: ${(error as Error).message}` };
  }
}
