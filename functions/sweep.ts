// Scheduled once a minute: fires deadlines and tells everything that is due, also what no ring of the bus told of.
import * as z from "zod";
import { fireTimers } from "../lib/app/timers.ts";
import { lambda } from "../lib/aws/middleware.ts";
import { TELLING_RESERVE, tellDue } from "../lib/aws/tell.ts";

export const handler = lambda({
  input: z.unknown(),
  reserve: TELLING_RESERVE,
  run: async (app, _input, signal) => ({ fired: await fireTimers(app, signal), ...(await tellDue(app, signal)) }),
});
