// Decides the groups that were rung for: those of one event of the bus, or of a batch of messages.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import { ringOf } from "../app/tick.ts";
import { type Batch, type BatchAnswer, handleBatch } from "./batch.ts";
import type { Queues } from "./queues.ts";
import { GroupRing, RING_MS } from "./rings.ts";
import { type TickSummary, tickSummary } from "./tick.ts";

/** As EventBridge hands it on; what is used of it. */
export const BusEvent = z.object({
  detail: z.object({ groups: z.array(z.string()).default([]), round: z.string().optional() }),
});

export function notifyEvent(
  app: App,
  { detail: { groups, round } }: z.infer<typeof BusEvent>,
  signal: AbortSignal,
): Promise<TickSummary> {
  return tickSummary(app, signal, { rung: () => ringOf(groups, round) });
}

/** Those of a batch are decided together; one that fails by itself stays due. */
export function notifyBatch(app: App, queues: Queues, batch: Batch, signal: AbortSignal): Promise<BatchAnswer> {
  return handleBatch(app, batch, {
    queue: queues.notify,
    body: GroupRing,
    maxAge: () => RING_MS,
    handle(rings) {
      if (rings.length === 0) return [];
      const rounds = rings.flatMap(({ round }) => round ?? []);
      const rung = () => ({ groups: rings.map(({ group }) => group), over: new Set(rounds) });
      const done = tickSummary(app, signal, { rung }, queues.deliver);
      return rings.map(() => done);
    },
  });
}
