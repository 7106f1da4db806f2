// Rung by the bus, or by the queue: decides the groups that it is rung for, and sends what is due or rings the
// channels.
import * as z from "zod";
import { Batch } from "../lib/aws/batch.ts";
import { lambda } from "../lib/aws/middleware.ts";
import { BusEvent, notifyBatch, notifyEvent } from "../lib/aws/notify.ts";
import { queues } from "../lib/aws/runtime.ts";
import { SENDING_RESERVE } from "../lib/aws/tick.ts";

export const handler = lambda({
  input: z.union([BusEvent, Batch]),
  reserve: SENDING_RESERVE,
  run: (app, input, signal) =>
    "detail" in input ? notifyEvent(app, input, signal) : notifyBatch(app, queues(), input, signal),
});
