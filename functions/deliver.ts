// Rung by the queue, one channel at a time: sends what the channel has due.
import { Batch } from "../lib/aws/batch.ts";
import { deliverBatch } from "../lib/aws/deliver.ts";
import { lambda } from "../lib/aws/middleware.ts";
import { queues } from "../lib/aws/runtime.ts";
import { SENDING_RESERVE } from "../lib/aws/tick.ts";

export const handler = lambda({
  input: Batch,
  reserve: SENDING_RESERVE,
  run: (app, batch, signal) => deliverBatch(app, queues(), batch, signal),
});
