// Scheduled once a minute: fires deadlines and tells everything that is due, also what no ring of the bus told of.
import * as z from "zod";
import { lambda } from "../lib/aws/middleware.ts";
import { sweepDue, TELLING_RESERVE } from "../lib/aws/tell.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: TELLING_RESERVE,
  run: (app, _input, signal) => sweepDue(app, signal),
});
