// Rung by the bus: decides the groups that the event names, and sends what is due.
import * as z from "zod";
import { ringOf } from "../lib/app/tick.ts";
import { lambda } from "../lib/aws/middleware.ts";
import { SENDING_RESERVE, tickSummary } from "../lib/aws/tick.ts";

export const handler = lambda({
  input: z.object({ detail: z.object({ groups: z.array(z.string()).default([]), round: z.string().optional() }) }),
  reserve: SENDING_RESERVE,
  run: (app, { detail: { groups, round } }, signal) => tickSummary(app, signal, { rung: () => ringOf(groups, round) }),
});
