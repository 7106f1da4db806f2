// What is to be polled now: a message for each shard of each source that is due, in the message group of its slot.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import { readSource, type Shard } from "../app/persistence/shard-rows.ts";
import type { SourceConfig } from "../model/config.ts";
import { hashOf } from "../model/hash.ts";
import { BEAT_MS, isDueBy } from "./poll.ts";
import type { Message, Queue } from "./queue.ts";
import { slotOf } from "./slots.ts";

/** `at`: the beat; ms. */
export const PollMessage = z.object({
  source: z.string(),
  shard: z.object({ index: z.number(), of: z.number() }),
  at: z.number(),
});
export type PollMessage = z.infer<typeof PollMessage>;

interface Planned {
  source: SourceConfig;
  shard: Shard;
  /** ms; 0 where it never ran. */
  lastRunAt: number;
}

/** Returns how many messages were put. Throws where the queue did not take all of them. */
export async function plan(app: App, queue: Queue): Promise<{ planned: number }> {
  const at = app.clock.now();
  const all = await Promise.all(app.config.sources.map((source) => dueShards(app, source, at)));
  // Where there is more than a beat's time is enough for, its last messages are dropped: those come first in the next.
  const planned = all.flat().toSorted((a, b) => a.lastRunAt - b.lastRunAt);
  const missing = await queue.send(planned.map((one) => messageOf(app, one, at)));
  if (missing === 0) return { planned: planned.length };
  throw new Error(`${missing} of ${planned.length} polls were not planned: ${queue.name} did not take their messages`);
}

async function dueShards(app: App, source: SourceConfig, now: number): Promise<Planned[]> {
  const row = await readSource(app, source.id);
  const rows = row?.data.shards ?? [row?.data];
  return rows.flatMap((own, index): Planned[] => {
    const shard: Shard = { index, of: rows.length };
    return isDueBy(source, own, now) ? [{ source, shard, lastRunAt: own?.lastRunAt ?? 0 }] : [];
  });
}

function messageOf({ config }: App, { source, shard }: Planned, at: number): Message {
  const body: PollMessage = { source: source.id, shard, at };
  // A second plan of the same minute plans nothing more.
  const deduplication = hashOf([source.id, shard, Math.floor(at / BEAT_MS)]);
  return { messageGroup: slotOf(config, source, shard.index), deduplication, body };
}
