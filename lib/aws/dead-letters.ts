// What failed for good: each message is logged and removed. Those that no function could handle are a problem of
// Lookout itself. Nothing is lost with them: they only said that something is due, and that stands in the table.
import * as z from "zod";
import type { App } from "../app/deps.ts";
import type { Problem } from "../app/health/problem.ts";
import { type DeadLetter, MAX_ENTRIES, type Queue } from "./queue.ts";

/** Of one queue at a time. */
const MOST = 200;
const SHOWN = 500;

/**
 * An invocation that failed, as Lambda hands it on
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html); what is used of it.
 */
const Failed = z.object({
  requestContext: z.object({ functionArn: z.string(), condition: z.string().optional() }),
  responsePayload: z.object({ errorMessage: z.string() }).optional().catch(undefined),
});

/** What a look at the queues found. */
export interface DeadLetters {
  problems: Problem[];
  /** Once the problems are written down. */
  remove(): Promise<void>;
}

/**
 * `failures`: the queue of invocations that failed, where the stack says its name. An alarm counts them, and what they
 * led to is reported where it shows: they are logged alone.
 */
export async function readDeadLetters(
  app: App,
  dead: readonly Queue[],
  failures: Queue | undefined,
): Promise<DeadLetters> {
  const queues = failures ? [...dead, failures] : dead;
  const found = await Promise.all(queues.map(async (queue) => ({ queue, ...(await lettersIn(queue)) })));
  if (found.some(({ letters }) => letters.length > 0)) await app.learnSecrets();
  const problems = found.flatMap(({ queue, letters, error }): Problem[] => {
    logAll(app, queue, letters);
    const isProblem = queue !== failures && letters.length > 0;
    const message = error ? unread(queue, error) : isProblem ? unhandled(queue, letters) : undefined;
    return message === undefined ? [] : [{ problem: "dead letters", name: queue.name, message, connection: null }];
  });
  return {
    problems,
    async remove() {
      for (const { queue, letters } of found) await removeAll(app, queue, letters);
    },
  };
}

/** And those that come after: no more of a message group are given out while some of it are in hand. */
async function removeAll(app: App, queue: Queue, letters: readonly DeadLetter[]): Promise<void> {
  let some = letters;
  for (let count = some.length; some.length > 0; count += some.length) {
    await queue.remove(some);
    some = count < MOST ? await queue.take() : [];
    logAll(app, queue, some);
  }
}

function logAll(app: App, queue: Queue, letters: readonly DeadLetter[]): void {
  for (const { messageGroup, reason, body } of letters) {
    const shown = (text: string) => app.redact(text).slice(0, SHOWN);
    const why = reason ?? reasonIn(body);
    const more = { ...(messageGroup && { messageGroup }), reason: why && shown(why) };
    app.log.error("dead letter", { queue: queue.name, ...more, body: shown(body) });
  }
}

/** Why an invocation failed: its body begins with what it was called with, which may be long. */
function reasonIn(body: string): string | undefined {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return undefined;
  }
  const { data } = Failed.safeParse(given);
  if (data === undefined) return undefined;
  const { requestContext, responsePayload } = data;
  const [name] = requestContext.functionArn.split(":").slice(6);
  return `${name}: ${responsePayload?.errorMessage ?? requestContext.condition ?? "no reason given"}`;
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

function unhandled({ name }: Queue, letters: readonly DeadLetter[]): string {
  const groups = [...new Set(letters.map(({ messageGroup }) => messageGroup))];
  const least = letters.length < MAX_ENTRIES ? "" : "At least ";
  const count = letters.length === 1 ? "A message" : `${least}${letters.length} messages`;
  const of = groups.length === 1 ? groups[0] : `${groups[0]} and ${groups.length - 1} more`;
  return (
    `${count} could not be handled after several tries and came to ${name} (message group ${of}). What they were ` +
    "about stays due and is done by the next beat. The log of health has them, that of the function says why"
  );
}

function unread({ name }: Queue, { message }: Error): string {
  return `The queue ${name} of messages that could not be handled cannot be read: ${message}`;
}
