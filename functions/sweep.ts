// Scheduled once a minute: fires deadlines, decides and sends everything that is due, also what no
// ring of the bus named.
import * as z from "zod";
import { lambda } from "../lib/aws/middleware.ts";
import { SENDING_RESERVE, tickSummary } from "../lib/aws/tick.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: SENDING_RESERVE,
  run: (app, _input, signal) => tickSummary(app, signal, { timers: true, due: true }),
});
