// Serves one built function in a process of its own, as a Lambda container does: one invocation at a time, and what the
// function keeps is there for the next. `container.ts FILE`; invocations come and go over IPC.
import { openSync, readSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { pathToFileURL } from "node:url";
import type { LambdaHandler } from "../../lib/aws/middleware.ts";

export interface Asked {
  event: unknown;
  /** Until Lambda would end it; ms. */
  remaining: number;
  /** By how much its clock is ahead; ms. */
  ahead: number;
}

/** `cpuMs`: what the invocation used of the processor. */
export type Answered = ({ result: unknown } | { error: string }) & { cpuMs: number };

// A clock that is ahead lets time pass between two invocations.
const realNow = Date.now;
let clockAhead = 0;
Date.now = () => realNow() + clockAhead + sharedAhead();

/** CLOCK names a file that says by how much all clocks are ahead now, also for one that was frozen meanwhile. */
const clockFile = process.env["CLOCK"] === undefined ? undefined : openSync(process.env["CLOCK"], "r");
const shared = new Float64Array(1);

function sharedAhead(): number {
  if (clockFile !== undefined) readSync(clockFile, shared, 0, 8, 0);
  return shared[0]!;
}

const [file = ""] = process.argv.slice(2);
const { handler } = (await import(pathToFileURL(file).href)) as { handler: LambdaHandler };

let isFirst = true;
process.on("message", async ({ event, remaining, ahead }: Asked) => {
  clockAhead = ahead;
  const deadline = performance.now() + remaining;
  const before = process.cpuUsage();
  let answer: { result: unknown } | { error: string };
  try {
    const result = await handler(event, {
      awsRequestId: "request-1",
      functionName: "lookout-test",
      getRemainingTimeInMillis: () => deadline - performance.now(),
    });
    answer = { result };
  } catch (error) {
    answer = { error: (error as Error).message };
  }
  const { user, system } = process.cpuUsage(before);
  process.send!({ ...answer, cpuMs: (user + system) / 1_000 } satisfies Answered);
  // Else written when it ends by itself, which a container never does.
  if (isFirst) flushCompileCache();
  isFirst = false;
});
