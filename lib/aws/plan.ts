// What is to be polled now: a message for each shard of each source that is due, in the message group of its slot.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import type { SourceRow } from "../app/persistence/rows.ts";
import { readSource, type Shard } from "../app/persistence/shard-rows.ts";
import { lastReadOf } from "../app/polling/shards.ts";
import type { SourceConfig } from "../model/config.ts";
import { hashOf } from "../model/hash.ts";
import { BEAT_MS, isDueBy } from "./poll.ts";
import type { Message, Queue } from "./queue.ts";
import { type Polled, slotOf } from "./slots.ts";

/** `at`: the beat; ms. */
export const PollMessage = z.object({
  source: z.string(),
  shard: z.object({ index: z.number(), of: z.number() }),
  at: z.number(),
});
export type PollMessage = z.infer<typeof PollMessage>;

/** Of each source, by its id, what is known of it. */
export type Known = ReadonlyMap<string, SourceRow | undefined>;

interface Planned {
  source: SourceConfig;
  shard: Shard;
  /** ms; 0 where it never was. */
  lastReadAt: number;
}

/** Returns how many messages were put. Throws where the queue did not take all of them. */
export async function plan(app: App, queue: Queue): Promise<{ planned: number }> {
  const at = app.clock.now();
  const { sources } = app.config;
  const rows = await Promise.all(sources.map(async ({ id }) => [id, (await readSource(app, id))?.data] as const));
  const messages = messagesOf(app.config, new Map(rows), at);
  const missing = await queue.send(messages);
  if (missing === 0) return { planned: messages.length };
  throw new Error(`${missing} of ${messages.length} polls were not planned: ${queue.name} did not take their messages`);
}

/** What is due, and who was read longest ago first: where a beat has not enough time, its last messages are dropped. */
export function messagesOf(config: Polled, known: Known, at: number): Message[] {
  return config.sources
    .flatMap((source) => dueShards(source, known.get(source.id), at))
    .toSorted((a, b) => a.lastReadAt - b.lastReadAt)
    .map((one) => messageOf(config, one, at));
}

function dueShards(source: SourceConfig, row: SourceRow | undefined, now: number): Planned[] {
  const rows = row?.shards ?? [row];
  return rows.flatMap((own, index): Planned[] => {
    const shard: Shard = { index, of: rows.length };
    return isDueBy(source, own, now) ? [{ source, shard, lastReadAt: own ? lastReadOf(own) : 0 }] : [];
  });
}

function messageOf(config: Polled, { source, shard }: Planned, at: number): Message {
  const body: PollMessage = { source: source.id, shard, at };
  // A second plan of the same minute plans nothing more.
  const deduplication = hashOf([source.id, shard, Math.floor(at / BEAT_MS)]);
  return { messageGroup: slotOf(config, source, shard.index), deduplication, body };
}
