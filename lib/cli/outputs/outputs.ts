// The schemas of what `--json` prints by the names that people know them by, also as JSON Schema.
import * as z from "zod";
import { BacktestOutput, Explain, TestReport } from "./judgements.ts";
import type { OutputName } from "./names.ts";
import {
  Alert,
  Check,
  Copy,
  Delivery,
  Event,
  Notification,
  Route,
  Run,
  Silence,
  StatusOutput,
  Top,
} from "./schemas.ts";

/** What each is printed by. */
export const outputs: Record<OutputName, { by: string; schema: z.ZodType }> = {
  alert: { by: "each line of `alerts`; `ack`", schema: Alert },
  event: { by: "each line of `events`", schema: Event },
  delivery: { by: "each line of `deliveries`, `redeliver`, `send-test`", schema: Delivery },
  silence: { by: "each line of `silence list`; `silence add`, `silence expire`", schema: Silence },
  status: { by: "`status`", schema: StatusOutput },
  top: { by: "`top`", schema: Top },
  route: { by: "each line of `route`", schema: Route },
  explain: { by: "`explain`", schema: Explain },
  backtest: { by: "`backtest`", schema: BacktestOutput },
  check: { by: "`check`", schema: Check },
  "test-report": { by: "`test`", schema: TestReport },
  run: { by: "`run --once`", schema: Run },
  copy: { by: "`store copy`", schema: Copy },
  notification: { by: "the channels `webhook` and `console` in the format `lookout`", schema: Notification },
};

/** JSON Schema draft 2020-12. */
export function outputJsonSchema(name: OutputName): object {
  const { by, schema } = outputs[name];
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: "draft-2020-12", unrepresentable: "any" });
  return { $schema, title: `Lookout ${name}`, description: `What is printed by ${by}.`, ...rest };
}
