// The messages that could not be handled: each is logged and removed, and their number is a problem of Lookout itself.
// Nothing is lost with them: they only said that something is due, and that stands in the table.
import type { App } from "../app/deps.ts";
import type { Problem } from "../app/health/problem.ts";
import type { DeadLetter, Queue } from "./queue.ts";

/** Of one queue at a time. */
const MOST = 200;
const SHOWN = 500;

/** What a look at the queues found. */
export interface DeadLetters {
  problems: Problem[];
  /** Once the problems are written down. */
  remove(): Promise<void>;
}

export async function readDeadLetters(app: App, queues: readonly Queue[]): Promise<DeadLetters> {
  const found = await Promise.all(queues.map(async (queue) => ({ queue, ...(await lettersIn(queue)) })));
  const problems = found.flatMap(({ queue, letters, error }): Problem[] => {
    for (const { messageGroup, body } of letters) {
      app.log.error("dead letter", { queue: queue.name, messageGroup, body: body.slice(0, SHOWN) });
    }
    const message = error ? unread(queue, error) : letters.length > 0 ? dead(queue, letters) : undefined;
    return message === undefined ? [] : [{ problem: "dead letters", name: queue.name, message, connection: null }];
  });
  return {
    problems,
    async remove() {
      for (const { queue, letters } of found) if (letters.length > 0) await queue.remove(letters);
    },
  };
}

async function lettersIn(queue: Queue): Promise<{ letters: DeadLetter[]; error?: Error }> {
  const letters: DeadLetter[] = [];
  try {
    for (let more = await queue.take(); more.length > 0 && letters.length < MOST; more = await queue.take()) {
      letters.push(...more);
    }
    return { letters };
  } catch (error) {
    return { letters, error: error as Error };
  }
}

function dead({ name }: Queue, letters: readonly DeadLetter[]): string {
  const groups = [...new Set(letters.map(({ messageGroup }) => messageGroup))];
  const count = letters.length === 1 ? "A message" : `${letters.length} messages`;
  const of = groups.length === 1 ? groups[0] : `${groups[0]} and ${groups.length - 1} more`;
  return (
    `${count} could not be handled after several tries and came to ${name} (message group ${of}). What they were ` +
    "about stays due and is done by the next beat. The log of health has them, that of the function says why"
  );
}

function unread({ name }: Queue, { message }: Error): string {
  return `The queue ${name} of messages that could not be handled cannot be read: ${message}`;
}
