// Scheduled once a minute for each API: reads what is new, and rings the bus for what it led to.
import * as z from "zod";
import { lambda } from "../lib/aws/middleware.ts";
import { pollKind } from "../lib/aws/poll.ts";
import { SourceKind } from "../lib/model/event.ts";

export const handler = lambda({
  input: z.object({ kind: SourceKind }),
  reserve: 10_000,
  run: (app, { kind }, signal) => pollKind(app, kind, signal),
});
