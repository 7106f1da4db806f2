// Scheduled every five minutes: says what is wrong with Lookout itself, or sends the heartbeat.
import * as z from "zod";
import { lambda } from "../lib/aws/middleware.ts";
import { SENDING_RESERVE, tickSummary } from "../lib/aws/tick.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: SENDING_RESERVE,
  run: (app, _input, signal) => tickSummary(app, signal, { health: {}, due: true }),
});
