// What is to be polled now: a message for each shard of each source that is due, in the message group of its slot.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import { readBare, type Shard } from "../app/persistence/shard-rows.ts";
import type { BareRow } from "../app/persistence/source-rows.ts";
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

/** Of each source whose rows can be read, by its id, what is known of it. */
export type Known = ReadonlyMap<string, BareRow | undefined>;

interface Planned {
  source: SourceConfig;
  shard: Shard;
  /** ms; 0 where it never was. */
  lastReadAt: number;
}

/** The time of the beat, as the schedule says it (deploy/aws/fanout-on.yml); whoever else plans says none. */
export const PlanInput = z.object({ time: z.iso.datetime().optional().catch(undefined) }).catch({});
export type PlanInput = z.infer<typeof PlanInput>;

/**
 * Returns how many messages were put. Throws where the rows of a source could not be read, or where the queue did not
 * take all messages; what could be planned was planned.
 */
export async function plan(app: App, queue: Queue, { time }: PlanInput = {}): Promise<{ planned: number }> {
  const at = app.clock.now();
  const known = new Map<string, BareRow | undefined>();
  const failures: string[] = [];
  const reading = app.config.sources.map(async ({ id }) => {
    try {
      known.set(id, await readBare(app, id));
    } catch (error) {
      failures.push(`source ${id} was not planned: ${app.redact((error as Error).message)}`);
    }
  });
  await Promise.all(reading);
  const messages = messagesOf(app.config, known, at, time);
  const missing = await queue.send(messages);
  if (missing > 0) {
    const polls = `${missing} of ${messages.length} polls were not planned`;
    failures.push(`${polls}: ${queue.name} did not take their messages`);
  }
  if (failures.length === 0) return { planned: messages.length };
  throw new Error(failures.join("; "));
}

/**
 * What is due, and who was read longest ago first: where a beat has not enough time, its last messages are dropped.
 * `time`: the beat's own, where it is known.
 */
export function messagesOf(config: Polled, known: Known, at: number, time?: string): Message[] {
  return config.sources
    .filter(({ id }) => known.has(id))
    .flatMap((source) => dueShards(source, known.get(source.id), at))
    .toSorted((a, b) => a.lastReadAt - b.lastReadAt)
    .map((one) => messageOf(config, one, at, time ?? Math.floor(at / BEAT_MS)));
}

function dueShards(source: SourceConfig, row: BareRow | undefined, now: number): Planned[] {
  const rows = row?.shards ?? [row];
  return rows.flatMap((own, index): Planned[] => {
    const shard: Shard = { index, of: rows.length };
    return isDueBy(source, own, now) ? [{ source, shard, lastReadAt: own ? lastReadOf(own) : 0 }] : [];
  });
}

function messageOf(config: Polled, { source, shard }: Planned, at: number, beat: string | number): Message {
  const body: PollMessage = { source: source.id, shard, at };
  // A second plan of the same beat plans nothing more.
  const deduplication = hashOf([source.id, shard, beat]);
  return { messageGroup: slotOf(config, source, shard.index), deduplication, body };
}
