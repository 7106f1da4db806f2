// Rung by the bus: decides the groups that the event names, and sends what is due.
import * as z from "zod";
import { lambda } from "../lib/aws/middleware.ts";
import { TELLING_RESERVE, tellGroups } from "../lib/aws/tell.ts";

export const handler = lambda({
  input: z.object({ detail: z.object({ groups: z.array(z.string()).default([]), round: z.string().optional() }) }),
  reserve: TELLING_RESERVE,
  run: (app, { detail }, signal) => tellGroups(app, detail.groups, detail.round, signal),
});
