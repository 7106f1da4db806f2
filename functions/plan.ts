// Scheduled once a minute where the stack is fanned out: puts what is to be polled into the queue.
import * as z from "zod";
import { lambda } from "../lib/aws/middleware.ts";
import { plan } from "../lib/aws/plan.ts";
import { queues } from "../lib/aws/runtime.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: 5_000,
  run: (app) => plan(app, queues().poll),
});
