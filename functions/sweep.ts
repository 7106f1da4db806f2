// Scheduled once a minute: fires deadlines, decides everything that is due, also what no ring named, and sends what is
// due or rings its channels.
import * as z from "zod";
import { lambda } from "../lib/aws/middleware.ts";
import { fanned } from "../lib/aws/runtime.ts";
import { SENDING_RESERVE, tickSummary } from "../lib/aws/tick.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: SENDING_RESERVE,
  run: (app, _input, signal) => tickSummary(app, signal, { timers: true, due: true }, fanned?.deliver),
});
