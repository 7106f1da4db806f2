// Reads what is new, and rings for what it led to: of one API, scheduled once a minute, or of the shards that `plan`
// has put into the queue.
import * as z from "zod";
import { Batch } from "../lib/aws/batch.ts";
import { lambda } from "../lib/aws/middleware.ts";
import { pollKind } from "../lib/aws/poll.ts";
import { pollBatch } from "../lib/aws/poll-batch.ts";
import { queues, slots } from "../lib/aws/runtime.ts";
import { SourceKind } from "../lib/model/event.ts";

export const handler = lambda({
  input: z.union([z.object({ kind: SourceKind }), Batch]),
  reserve: 10_000,
  run: (app, input, signal) =>
    "kind" in input ? pollKind(app, input.kind, signal) : pollBatch(app, queues(), slots, input, signal),
});
