// A batch of messages as Lambda hands it to a function: each is checked by itself, and those that failed are named, so
// that one failing message fails no other.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import { Superseded } from "../app/persistence/superseded.ts";
import type { Queue } from "./queue.ts";

/** What failed is given out again after this; seconds. Until then it holds up its message group. */
const AGAIN_S = 1;
/** The time that a suspect is given out, and handled whatever its age. */
const ONCE_MORE = 2;
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
  /** A message older than this is dropped: where it still matters, a newer one says the same. ms */
  maxAge(message: T): number;
  /**
   * One that comes back is not dropped, since it may be what kills its invocations: the second time it is handled
   * however old it is, as it may just have been throttled; from the third on it fails where it is old.
   */
  suspects?: true;
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
  { queue, body, maxAge, suspects, handle }: Handling<T>,
): Promise<BatchAnswer> {
  const now = app.clock.now();
  const read = Records.map(({ body: text, attributes }) => {
    return { ...parsed(body, text), times: attributes.ApproximateReceiveCount };
  });
  const taken = read.flatMap(({ data, times }) => {
    if (data === undefined) return [];
    return isFresh(data.at, maxAge(data), now) || (suspects && times === ONCE_MORE) ? [data] : [];
  });
  const outcomes = await Promise.allSettled(handle(taken));
  const outcomeOf = new Map(taken.map((message, at) => [message, outcomes[at]!]));
  let dropped = 0;
  const failed = Records.flatMap((record, at) => {
    const { data, error, times } = read[at]!;
    const outcome = data && outcomeOf.get(data);
    const reason = outcome?.status === "rejected" ? (outcome.reason as Error) : error;
    if (reason) return [{ ...record, error: reason }];
    if (outcome) return [];
    if (suspects && times > ONCE_MORE) return [{ ...record, error: cameBack(times) }];
    dropped++;
    return [];
  });
  if (dropped > 0) app.log.warn("old messages dropped", { queue: queue.name, messages: dropped });
  for (const { body: text, error } of failed) {
    const fields = { queue: queue.name, body: app.redact(text).slice(0, SHOWN), error: app.redact(error.message) };
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

function cameBack(times: number): Error {
  const why = "each time before, its invocation was throttled or killed, or it failed";
  return new Error(`it is too old by now, and was given out ${times} times: ${why}`);
}

function parsed<T>(body: z.ZodType<T>, text: string): { data?: T; error?: Error } {
  try {
    return { data: body.parse(JSON.parse(text)) };
  } catch (error) {
    return { error: error as Error };
  }
}
