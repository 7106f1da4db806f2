// What every function has around its work, in one place: its input checked, its lines marked with the request, its
// failure logged, its metrics written, and a signal that stops the work in time to keep its progress.
import middy from "@middy/core";
import errorLogger from "@middy/error-logger";
import type * as z from "zod";
import { wallClock } from "../app/clock.ts";
import type { App } from "../app/deps.ts";
import { Superseded } from "../app/persistence/superseded.ts";
import type { Gauge } from "./metrics/log.ts";
import { closeApp, log, metrics, openApp, redact } from "./runtime.ts";

/** What is used of the context that Lambda gives. */
export interface LambdaContext {
  awsRequestId: string;
  functionName: string;
  getRemainingTimeInMillis(): number;
}

export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<unknown>;

export interface Work<Input> {
  input: z.ZodType<Input>;
  /** How long before the function's deadline its work is told to stop: what it then has in hand must end within. ms */
  reserve: number;
  /** What it returns is logged, or what `logged` makes of it. */
  run(app: App, input: Input, signal: AbortSignal): Promise<unknown>;
  logged?(result: unknown): unknown;
  /** What is measured before the work. */
  measure?(app: App): Promise<Gauge[]>;
}

export function lambda<Input>({
  input,
  reserve,
  run,
  measure,
  logged = (result) => result,
}: Work<Input>): LambdaHandler {
  // Middy's own early timeout answers in the work's place; ours lets it end.
  return middy({ timeoutEarlyInMillis: 0 })
    .use({ before: ({ context }) => log.begin(context.awsRequestId) })
    .use(errorLogger({ logger: ({ error, context }) => logFailure(error!, context) }))
    .use({
      after: ({ response, context }) => log.info("done", { function: context.functionName, result: logged(response) }),
    })
    .handler(async (event: unknown, context: LambdaContext) => {
      const parsed = input.parse(event);
      return withDeadline(context.getRemainingTimeInMillis() - reserve, async (signal) => {
        let gauges: Gauge[] = [];
        async function work(): Promise<unknown> {
          const app = await openApp();
          gauges = (await measure?.(app)) ?? [];
          return run(app, parsed, signal);
        }
        try {
          const done = await unlessSuperseded(work, context);
          if (done) return done.result;
          // The configuration is read anew: where its place has the newer one, this invocation does the work itself.
          const again = signal.aborted ? undefined : await unlessSuperseded(work, context);
          return again ? again.result : { superseded: true };
        } finally {
          metrics.write(gauges);
        }
      });
    });
}

/** Undefined where a newer configuration decides; the application is opened anew by whoever needs it next. */
async function unlessSuperseded(
  work: () => Promise<unknown>,
  context: LambdaContext,
): Promise<{ result: unknown } | undefined> {
  try {
    return { result: await work() };
  } catch (error) {
    if (!(error instanceof Superseded)) throw error;
    await closeApp().catch(() => {});
    log.warn(error.message, { function: context.functionName });
    return undefined;
  }
}

/** Lambda logs what is thrown too, and hands it on to the queue of failures: it carries no secret either. */
function logFailure(error: Error, context: LambdaContext): void {
  error.message = redact(error.message);
  error.stack = redact(error.stack ?? "");
  log.error(error.message, { function: context.functionName, error: error.name, stack: error.stack });
}

/** Aborts the work's signal after `ms`, and waits for the work to end by itself. */
async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const done = new AbortController();
  const timer = wallClock.sleep(Math.max(0, ms), done.signal);
  timer.then(
    () => deadline.abort(new Error("the function's time is nearly over")),
    () => {},
  );
  try {
    return await work(deadline.signal);
  } finally {
    done.abort();
  }
}
