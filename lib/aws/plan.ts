// What is to be polled now: a message for each shard of each source that is due, in the message group of its slot.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import { hashOf } from "../model/hash.ts";
import { BEAT_MS, isDue } from "./poll.ts";
import type { Message, Queue } from "./queue.ts";
import { slotOf } from "./slots.ts";

/** `at`: the beat; ms. */
export const PollMessage = z.object({ source: z.string(), shard: z.number(), at: z.number() });
export type PollMessage = z.infer<typeof PollMessage>;

/** Returns how many messages were put. Throws where the queue did not take all of them. */
export async function plan(app: App, queue: Queue): Promise<{ planned: number }> {
  const at = app.clock.now();
  const beat = Math.floor(at / BEAT_MS);
  const messages: Message[] = [];
  for (const source of app.config.sources) {
    if (!(await isDue(app, source))) continue;
    const body: PollMessage = { source: source.id, shard: 0, at };
    messages.push({
      messageGroup: slotOf(app.config, source, 0),
      // A second plan of the same minute plans nothing more.
      deduplication: hashOf([source.id, 0, beat]),
      body,
    });
  }
  const missing = await queue.send(messages);
  if (missing === 0) return { planned: messages.length };
  throw new Error(`${missing} of ${messages.length} polls were not planned: ${queue.name} did not take their messages`);
}
