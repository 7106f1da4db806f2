// The polls that a batch of messages asks for: each of one shard of a source, those of one source together.
import type { App } from "../app/deps.ts";
import { isPartOf, type Shard, shardKey } from "../app/persistence/shard-rows.ts";
import { getRow } from "../app/persistence/source-rows.ts";
import { pollAsked, type Stopped } from "../app/polling/poll.ts";
import type { SourceConfig } from "../model/config.ts";
import { type Batch, type BatchAnswer, handleBatch } from "./batch.ts";
import { PollMessage } from "./plan.ts";
import { BEAT_MS, failureOf, type PollSummary, summaryOf } from "./poll.ts";
import type { Queues } from "./queues.ts";
import { type Slots, slotOf } from "./slots.ts";

/** Messages that led to no poll, and why. */
interface Skipped {
  source: string;
  skipped: string;
}

interface Polled {
  /** For the log. */
  summary: PollSummary | Skipped;
  stopped: readonly Stopped[];
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
  const sourceOf = (id: string) => app.config.sources.find((source) => source.id === id);
  return handleBatch(app, batch, {
    queue: queues.poll,
    body: PollMessage,
    maxAge: ({ source }) => maxAgeOf(sourceOf(source)),
    suspects: true,
    handle(messages) {
      const held = messages.flatMap(({ source: id, shard }) => {
        const source = sourceOf(id);
        return source ? [slotOf(app.config, source, shard.index)] : [];
      });
      slots.hold(held);
      const bySource = Map.groupBy(messages, ({ source }) => source);
      const polls = new Map([...bySource].map(([source, own]) => [source, poll(app, source, own, signal)]));
      return messages.map(async ({ source, shard }) => {
        const { summary, stopped } = await polls.get(source)!;
        const own = stopped.find((one) => isPartOf(one.shard, shard));
        if (own) throw own.error;
        return summary;
      });
    },
  });
}

/** Older than this a message is dropped: its shard is planned anew. ms */
export function maxAgeOf(source: SourceConfig | undefined): number {
  return Math.max(BEAT_MS, source?.every ?? 0);
}

/** Polls the shards that no other message has led to since; what they find in one round is notified together. */
async function poll(app: App, id: string, messages: readonly PollMessage[], signal: AbortSignal): Promise<Polled> {
  const skip = (why: string): Polled => ({ summary: { source: id, skipped: why }, stopped: [] });
  const source = app.config.sources.find((one) => one.id === id);
  if (source === undefined) return skip("it is not in the configuration any more");
  const lastRuns = await Promise.all(messages.map(({ shard }) => lastRunOf(app, id, shard)));
  const due = messages.filter(({ at }, place) => lastRuns[place]! < at).map(({ shard }) => shard);
  if (due.length === 0) return skip("it was polled meanwhile");
  const { report, stopped } = await pollAsked(app, source, signal, due);
  const failure = failureOf(report);
  if (failure !== undefined) app.log.error("poll failed", { source: id, error: failure });
  return { summary: summaryOf(report), stopped };
}

/** When a shard was polled last, ms; 0 where that cannot be read: its own poll says why, and the others go on. */
async function lastRunOf(app: App, source: string, shard: Shard): Promise<number> {
  try {
    return (await getRow(app, shardKey(source, shard)))?.data.lastRunAt ?? 0;
  } catch {
    return 0;
  }
}
