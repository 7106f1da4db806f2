// One channel's turn: sends what it was rung for, and what follows from that, until nothing is due or the time is over.
import { createLookAt } from "../app/delivery/look.ts";
import { createSender } from "../app/delivery/sender.ts";
import type { App } from "../app/deps.ts";
import { type Batch, type BatchAnswer, handleBatch } from "./batch.ts";
import type { Queue } from "./queue.ts";
import type { Queues } from "./queues.ts";
import { ChannelRing, createRinger, RING_MS } from "./rings.ts";

/** For the log. */
interface Turn {
  channel: string;
  /** How many deliveries were tried. */
  tried: number;
}

/** Sends the deliveries; where some went to a fallback, its channel is rung. Throws StoreError and Superseded. */
async function deliverTo(
  app: App,
  queue: Queue,
  { channel, deliveries }: ChannelRing,
  signal: AbortSignal,
): Promise<Turn> {
  const tried = new Set<string>();
  let fellBack = false;
  const look = createLookAt(app, deliveries, () => {
    fellBack = true;
  });
  await createSender(app, signal, (id) => tried.add(id), look).poke();
  // Its own comes with the sweep.
  if (fellBack) await createRinger(app, queue, signal, (other) => other !== channel).poke();
  return { channel, tried: tried.size };
}

/** A batch is one message (serverless.yml): a channel that does not answer delays no other. */
export function deliverBatch(app: App, queues: Queues, batch: Batch, signal: AbortSignal): Promise<BatchAnswer> {
  return handleBatch(app, batch, {
    queue: queues.deliver,
    body: ChannelRing,
    maxAge: () => RING_MS,
    handle: (rings) => rings.map((ring) => deliverTo(app, queues.deliver, ring, signal)),
  });
}
