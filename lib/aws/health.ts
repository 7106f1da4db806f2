// The health check of a stack: Lookout's own, with the messages that no function could handle.
import type { App } from "../app/deps.ts";
import type { Problem } from "../app/health/problem.ts";
import { readDeadLetters } from "./dead-letters.ts";
import type { Queue } from "./queue.ts";
import type { Queues } from "./queues.ts";
import { type TickSummary, tickSummary } from "./tick.ts";

/** Those of the stack, where it has any, and that of the invocations that failed. */
export interface Watched {
  queues: Queues | undefined;
  failures: Queue | undefined;
}

/** Says what is wrong, or sends the heartbeat. `known`: what the container knows to be wrong. */
export async function healthSummary(
  app: App,
  signal: AbortSignal,
  { queues, failures }: Watched,
  known: readonly Problem[],
): Promise<TickSummary> {
  const { problems, remove } = await readDeadLetters(app, queues?.dead ?? [], failures);
  const all = [...known, ...problems];
  const summary = await tickSummary(app, signal, { health: { problems: all }, due: true }, queues?.deliver);
  await remove();
  return summary;
}
