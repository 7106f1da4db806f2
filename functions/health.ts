// Scheduled every five minutes: says what is wrong with Lookout itself, or sends the heartbeat.
import * as z from "zod";
import { checkHealth } from "../lib/app/health/health.ts";
import { lambda } from "../lib/aws/middleware.ts";
import { TELLING_RESERVE, tellDue } from "../lib/aws/tell.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: TELLING_RESERVE,
  run: async (app, _input, signal) => ({ problems: await checkHealth(app), ...(await tellDue(app, signal)) }),
});
