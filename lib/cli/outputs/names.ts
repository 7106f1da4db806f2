// What `lookout schema` knows: every command line looks at these names, and at nothing behind them.

/** Files that people write. */
const FILES = ["config", "rules", "test"] as const;
/** What commands print: one document, or each line of a list. */
export const OUTPUTS = [
  "alert",
  "event",
  "delivery",
  "silence",
  "status",
  "top",
  "route",
  "explain",
  "backtest",
  "check",
  "test-report",
  "run",
  "copy",
  "notification",
] as const;
/** The lists, by whose name people look for the schema of a line. */
export const LISTS = { alerts: "alert", events: "event", deliveries: "delivery", silences: "silence" } as const;

export type OutputName = (typeof OUTPUTS)[number];
export type SchemaName = (typeof FILES)[number] | OutputName | keyof typeof LISTS;

export const SCHEMA_NAMES: readonly SchemaName[] = [...FILES, ...OUTPUTS, "alerts", "events", "deliveries", "silences"];
