// The health check of a stack: Lookout's own, with the messages that no function could handle.
import type { App } from "../app/deps.ts";
import type { Problem } from "../app/health/problem.ts";
import { readDeadLetters } from "./dead-letters.ts";
import type { Queues } from "./queues.ts";
import { type TickSummary, tickSummary } from "./tick.ts";

/**
 * Says what is wrong, or sends the heartbeat. `queues`: those of the stack, where it has any; `known`: what the
 * container knows to be wrong.
 */
export async function healthSummary(
  app: App,
  signal: AbortSignal,
  queues: Queues | undefined,
  known: readonly Problem[],
): Promise<TickSummary> {
  if (queues === undefined) return tickSummary(app, signal, { health: { problems: known }, due: true });
  const { problems, remove } = await readDeadLetters(app, queues.dead);
  const all = [...known, ...problems];
  const summary = await tickSummary(app, signal, { health: { problems: all }, due: true }, queues.deliver);
  await remove();
  return summary;
}
