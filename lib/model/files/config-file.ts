// The schema of `lookout.yml` as people write it; its descriptions are what editors show.
import * as z from "zod";
import type { Severity } from "../severity.ts";
import { isConsoleToken, TOKEN_FORM } from "./console-token.ts";
import { Name, Positive, PostgresUrl, Text, Url } from "./file-fields.ts";
import { isOwnAddress, LISTEN_FORM, LISTEN_PATTERN, listenAddress } from "./listen-address.ts";
import { Inhibit, RootRoute, Silence, TimeIntervals } from "./route-file.ts";
import { Entries, RuleEntry } from "./rule-file.ts";
import { Connection, SourceEntry } from "./source-file.ts";

const Ids = z.array(Text).min(1);

/** Which form a type of channel takes is checked with it. */
const MessageTemplate = z.union([Text, z.record(z.string(), z.unknown()), z.array(z.unknown())]);

/** The rest of its keys is checked by the channel type's own options. */
export const Channel = z.looseObject({
  type: Text.describe("Kind of destination."),
  fallback: Name.optional().describe("Channel that gets what this one could not deliver."),
  fallbackAfter: Positive.prefault("5m").describe("What failed for this long goes to the fallback, too."),
  sendResolved: z.boolean().default(true).describe("Also notify resolutions."),
  mention: z
    .strictObject({
      critical: Ids.optional(),
      error: Ids.optional(),
      warning: Ids.optional(),
      info: Ids.optional(),
    } satisfies Record<Severity, unknown>)
    .optional()
    .describe("Who is mentioned when an alert of a severity is new or escalated: ids in the service's own terms."),
  template: MessageTemplate.optional().describe(
    "What messages say: a Liquid template, or { title, text }; of a webhook the JSON that is sent.",
  ),
});

const Health = z
  .strictObject({
    channels: z.array(Name).optional().describe("Where Lookout's own problems go. Default: as the root route."),
    lag: Positive.prefault("15m").describe("A target unread for this long is a problem."),
    heartbeat: Url.optional().describe("URL that is requested after each healthy round."),
  })
  .describe("How Lookout watches itself.");

const Sqlite = z.strictObject({
  type: z.literal("sqlite").describe("An embedded database file."),
  path: Text.default(".lookout/state.db").describe("Relative to the configuration file."),
});
const DynamoDb = z.strictObject({
  type: z.literal("dynamodb").describe("A DynamoDB table."),
  table: Text.describe("Name of the table."),
  region: Text.optional().describe("AWS region. Default: that of the environment."),
  endpoint: Url.optional().describe("URL of another DynamoDB service."),
});
const Postgres = z.strictObject({
  type: z.literal("postgres").describe("A table of a PostgreSQL database, which several machines may share."),
  url: PostgresUrl.describe("postgres://user:password@host:5432/database?sslmode=verify-full; normally a reference."),
});
const StoreEntry = z.discriminatedUnion("type", [Sqlite, DynamoDb, Postgres]);

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

const ConsoleEntry = z
  .strictObject({
    listen: Text.regex(LISTEN_PATTERN, LISTEN_FORM)
      .refine((listen) => listenAddress(listen) !== undefined, LISTEN_FORM)
      .default("127.0.0.1:8791")
      .describe("Address and port. Without a token: of this machine only."),
    publicUrl: Text.refine(isOrigin, "must be an http(s) address and nothing behind it: the page's links begin there")
      .optional()
      .describe("Where people reach the page; messages link to it."),
    token: Text.refine((text) => text.includes("${") || isConsoleToken(text), `must be ${TOKEN_FORM}, or a reference`)
      .optional()
      .describe("Who reads or acts says it; normally a reference."),
  })
  .refine(({ listen, token }) => token !== undefined || isOwnAddress(listen), {
    path: ["listen"],
    error: "without a token it listens on this machine only: set token",
  })
  .describe("The page for people on call, and its JSON. Default: not served.");

export const ConfigFile = z.strictObject({
  timezone: Text.default("UTC").describe("IANA time zone for messages and time intervals that name none."),
  connections: z
    .record(Name, Connection)
    .default({})
    .describe("Cloud projects by name. Sources of kind http need none."),
  sources: z.array(SourceEntry).min(1).describe("What is polled."),
  rules: z.array(RuleEntry).min(1).describe("What opens alerts."),
  route: RootRoute.optional(),
  timeIntervals: z.record(Name, TimeIntervals).default({}).describe("Alertmanager time intervals by name."),
  inhibit: z.array(Inhibit).default([]).describe("What holds what back."),
  silences: z.array(Silence).default([]).describe("What is held back."),
  channels: z.record(Name, Channel).describe("Destinations by name."),
  health: Health.optional(),
  history: Positive.prefault("30d").describe("How long events, ended alerts and deliveries are kept."),
  console: ConsoleEntry.optional(),
  store: StoreEntry.default({ type: "sqlite", path: ".lookout/state.db" }).describe("Where state is kept."),
});

/** The same without its rules. */
export const ConfigFrame = ConfigFile.extend({ rules: Entries });
export type ConfigFrame = z.infer<typeof ConfigFrame>;
