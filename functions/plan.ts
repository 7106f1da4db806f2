// Scheduled once a minute where the stack is fanned out: puts what is to be polled into the queue.
import { lambda } from "../lib/aws/middleware.ts";
import { PlanInput, plan } from "../lib/aws/plan.ts";
import { queues } from "../lib/aws/runtime.ts";

export const handler = lambda({
  input: PlanInput,
  reserve: 5_000,
  run: (app, input) => plan(app, queues().poll, input),
});
