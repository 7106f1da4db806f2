// The polls that a batch of messages asks for, side by side: each of one shard of a source.
import type { App } from "../app/deps.ts";
import { type SourceRow, sourceKey } from "../app/persistence/rows.ts";
import { pollSource } from "../app/polling/poll.ts";
import { type Batch, type BatchAnswer, handleBatch } from "./batch.ts";
import { PollMessage } from "./plan.ts";
import { BEAT_MS, failureOf, type PollSummary, summaryOf } from "./poll.ts";
import type { Queues } from "./queues.ts";
import { type Slots, slotOf } from "./slots.ts";

/** A message that led to no poll, and why. */
interface Skipped {
  source: string;
  skipped: string;
}

/**
 * A message fails where nothing of its poll could be recorded. What the cloud refuses is recorded: the next beat tries
 * again, and the health check reports it.
 */
export function pollBatch(
  app: App,
  queues: Queues,
  slots: Slots,
  batch: Batch,
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const sourceOf = ({ source }: PollMessage) => app.config.sources.find(({ id }) => id === source);
  return handleBatch(app, batch, {
    queue: queues.poll,
    body: PollMessage,
    maxAge: (message) => Math.max(BEAT_MS, sourceOf(message)?.every ?? 0),
    handle(messages) {
      slots.hold(
        messages.flatMap((message) => {
          const source = sourceOf(message);
          return source ? [slotOf(app.config, source, message.shard)] : [];
        }),
      );
      return messages.map((message) => poll(app, message, signal));
    },
  });
}

async function poll(app: App, message: PollMessage, signal: AbortSignal): Promise<PollSummary | Skipped> {
  const source = app.config.sources.find(({ id }) => id === message.source);
  if (source === undefined) return { source: message.source, skipped: "it is not in the configuration any more" };
  const row = await app.store.get<SourceRow>(sourceKey(source.id));
  if (row && row.data.lastRunAt >= message.at) return { source: source.id, skipped: "it was polled meanwhile" };
  const report = await pollSource(app, source, signal);
  const failure = failureOf(report);
  if (failure !== undefined) app.log.error("poll failed", { source: source.id, error: failure });
  return summaryOf(report);
}
