// A batch of messages as Lambda hands it to a function: each is checked by itself, and those that failed are named, so
// that one failing message fails no other.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import { Superseded } from "../app/persistence/superseded.ts";
import type { Queue } from "./queue.ts";

/** What failed is given out again after this; seconds. Until then it holds up its message group. */
const AGAIN_S = 1;
const SHOWN = 200;

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html; what is used of it. */
export const Batch = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({ ApproximateReceiveCount: z.coerce.number() }),
    }),
  ),
});
export type Batch = z.infer<typeof Batch>;

/** Lambda deletes the messages that are not named. */
export interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

export interface Handling<T> {
  queue: Queue;
  body: z.ZodType<T>;
  /**
   * A message older than this is dropped: where it still matters, a newer one says the same. It fails where it was
   * given out before: its invocation did not end, perhaps because of it. ms
   */
  maxAge(message: T): number;
  /** A promise for each message: one that rejects fails its message. What they resolve to is logged, each once. */
  handle(messages: readonly T[]): Promise<unknown>[];
}

/**
 * Handles the messages. One that failed is tried again in a moment, a few times: then it is a dead letter. Throws
 * Superseded, and where all of them failed the first one's error: Lambda counts that invocation as failed.
 */
export async function handleBatch<T extends { at: number }>(
  app: App,
  { Records }: Batch,
  { queue, body, maxAge, handle }: Handling<T>,
): Promise<BatchAnswer> {
  const read = Records.map(({ body: text }) => parsed(body, text));
  const messages = read.flatMap(({ data }) => data ?? []);
  const now = app.clock.now();
  const fresh = messages.filter((message) => isFresh(message.at, maxAge(message), now));
  const outcomes = await Promise.allSettled(handle(fresh));
  const outcomeOf = new Map(fresh.map((message, at) => [message, outcomes[at]!]));
  let dropped = 0;
  const failed = Records.flatMap((record, at) => {
    const { data, error } = read[at]!;
    const outcome = data && outcomeOf.get(data);
    const reason = outcome?.status === "rejected" ? (outcome.reason as Error) : error;
    if (reason) return [{ ...record, error: reason }];
    if (outcome) return [];
    const times = record.attributes.ApproximateReceiveCount;
    if (times > 1)
      return [{ ...record, error: new Error(`no invocation has handled it, though it was given out ${times} times`) }];
    dropped++;
    return [];
  });
  if (dropped > 0) app.log.warn("old messages dropped", { queue: queue.name, messages: dropped });
  for (const { body: text, error } of failed) {
    const fields = { queue: queue.name, body: text.slice(0, SHOWN), error: app.redact(error.message) };
    app.log.error("message not handled", fields);
  }
  const results = new Set(outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])));
  const numbers = { messages: Records.length, failed: failed.length, results: [...results] };
  app.log.info("batch", { queue: queue.name, ...numbers });
  const superseded = failed.find(({ error }) => error instanceof Superseded);
  // The middleware tries anew, and else the messages count as handled: what they say is due stays due in the table for
  // the newer configuration's next plan or sweep. Given out again they would find the older one again, and die of it.
  if (superseded) throw superseded.error;
  const receipts = failed.map(({ receiptHandle }) => receiptHandle);
  await queue.release(receipts, AGAIN_S);
  if (failed.length > 0 && failed.length === Records.length) throw failed[0]!.error;
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** Whether a message of then (ms) is still handled. */
export function isFresh(at: number, maxAge: number, now: number): boolean {
  return now - at <= maxAge;
}

function parsed<T>(body: z.ZodType<T>, text: string): { data?: T; error?: Error } {
  try {
    return { data: body.parse(JSON.parse(text)) };
  } catch (error) {
    return { error: error as Error };
  }
}
