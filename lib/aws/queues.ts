// The queues of a stack, by the variables that name them; without those of the fanned-out form it has its direct
// schedules.
import type { Environment } from "../config/environment.ts";
import type { Log } from "../model/log.ts";
import { createQueue, type Queue } from "./queue.ts";

const FIFO = ".fifo";

export interface Queues {
  poll: Queue;
  notify: Queue;
  deliver: Queue;
  /** What could not be handled, of each of them. */
  dead: readonly Queue[];
}

/** Undefined where the stack has none. Nothing is asked. */
export function queuesOf(env: Environment, log: Log): Queues | undefined {
  const names = [env["LOOKOUT_POLL_QUEUE"], env["LOOKOUT_NOTIFY_QUEUE"], env["LOOKOUT_DELIVER_QUEUE"]];
  const [poll, notify, deliver] = names.map((name) => (name ? createQueue(name, log) : undefined));
  if (!poll || !notify || !deliver) return undefined;
  const dead = [poll, notify, deliver].map(({ name }) => createQueue(deadLettersOf(name), log));
  return { poll, notify, deliver, dead };
}

/** That of the invocations that failed for good; undefined where the stack does not say its name. */
export function failuresOf(env: Environment, log: Log): Queue | undefined {
  const name = env["LOOKOUT_FAILURES_QUEUE"];
  return name ? createQueue(name, log) : undefined;
}

/** As serverless.yml names it. */
function deadLettersOf(name: string): string {
  return `${name.slice(0, -FIFO.length)}-dead${FIFO}`;
}
