// The queues of the fanned-out form, by the variables that name them; without these a stack has its direct schedules.
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

/** As serverless.yml names it. */
function deadLettersOf(name: string): string {
  return `${name.slice(0, -FIFO.length)}-dead${FIFO}`;
}
