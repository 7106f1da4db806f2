// Scheduled every five minutes: says what is wrong with Lookout itself, or sends the heartbeat.
import * as z from "zod";
import { healthSummary } from "../lib/aws/health.ts";
import { readGauges } from "../lib/aws/metrics/gauges.ts";
import { lambda } from "../lib/aws/middleware.ts";
import { configProblems, failures, fanned } from "../lib/aws/runtime.ts";
import { SENDING_RESERVE } from "../lib/aws/tick.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: SENDING_RESERVE,
  measure: readGauges,
  run: async (app, _input, signal) => healthSummary(app, signal, { queues: fanned, failures }, await configProblems()),
});
