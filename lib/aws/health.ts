// The health check of a stack: Lookout's own, with the messages that no function could handle.
import type { App } from "../app/deps.ts";
import { readDeadLetters } from "./dead-letters.ts";
import type { Queues } from "./queues.ts";
import { type TickSummary, tickSummary } from "./tick.ts";

/** Says what is wrong, or sends the heartbeat. `queues`: those of the stack, where it has any. */
export async function healthSummary(app: App, signal: AbortSignal, queues: Queues | undefined): Promise<TickSummary> {
  if (queues === undefined) return tickSummary(app, signal, { health: {}, due: true });
  const { problems, remove } = await readDeadLetters(app, queues.dead);
  const summary = await tickSummary(app, signal, { health: { problems }, due: true }, queues.deliver);
  await remove();
  return summary;
}
