// The schema of `lookout.yml` as people write it (contract, section 2); its descriptions are what editors show.
import * as z from "zod";
import { Severity } from "./alert.ts";
import { DURATION, MAX_DURATION, parseDuration } from "./duration.ts";
import { SourceKind } from "./event.ts";

const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "must be a name: letters, digits, '.', '_' and '-', at most 63");
const Text = z.string().min(1);
/** Written as `10m`, kept as milliseconds. */
const Duration = z
  .string()
  .regex(DURATION, "must be a duration such as 30s, 10m, 2h or 7d")
  .transform((text) => parseDuration(text) as number)
  .refine((ms) => ms <= MAX_DURATION, "must be at most 3650d");
const Positive = Duration.refine((ms) => ms > 0, "must be longer than 0s");
const Url = z
  .string()
  .refine((text) => text.includes("${") || isWebUrl(text), "must be an http(s) URL, or a reference to one");
const Instant = z.iso.datetime({ offset: true, error: "must be an instant such as 2026-11-20T22:00:00Z" });
/** Editors learn that a field is a list or an object; the rest is the pattern compiler's. */
const PatternObject = z.record(z.string(), z.unknown()).meta({ additionalProperties: { type: ["array", "object"] } });
const Labels = z.record(z.string(), z.string());

function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

const KeyAuth = z.strictObject({
  accessKey: Text.describe("Access key id (AK); normally a reference such as ${env:HW_ACCESS_KEY}."),
  secretKey: Text.describe("Secret access key (SK); normally a reference."),
  securityToken: Text.optional().describe("Security token of temporary keys."),
});
const PasswordAuth = z.strictObject({
  username: Text.describe("IAM user."),
  password: Text.describe("Its password; normally a reference."),
  domain: Text.describe("The account (domain) that the user belongs to."),
});
const TokenAuth = z.strictObject({ token: Text.describe("An IAM token that something else renews.") });
export const Auth = z.union([KeyAuth, PasswordAuth, TokenAuth]);

export const Connection = z
  .strictObject({
    cloud: z
      .enum(["otc", "huaweicloud", "custom"])
      .describe("Gives the endpoints for the region; custom names its own."),
    region: Text.describe("Region, such as eu-de."),
    projectId: Text.optional().describe("Project id; or name the project with `project`."),
    project: Text.optional().describe("Project name, looked up once."),
    workspaces: z.array(Text).min(1).default(["0"]).describe("ModelArts workspaces in which targets are discovered."),
    auth: Auth.optional().describe(
      "Credentials: keys, user and password, or a token. Default: HW_ACCESS_KEY, HW_SECRET_KEY.",
    ),
    endpoints: z
      .strictObject({
        modelarts: Url.optional().describe("URL of the ModelArts API."),
        ces: Url.optional().describe("URL of the Cloud Eye API."),
        iam: Url.optional().describe("URL of the IAM API."),
      })
      .optional()
      .describe("URLs that override those of the cloud."),
  })
  .describe("One cloud project and its credentials.");

const TargetEntry = z.union([
  Text,
  z.strictObject({
    id: Text.describe("Id of the service, pool or training job."),
    name: Text.optional().describe("Name for people, where the API gives none."),
    labels: Labels.optional().describe("Labels of the target's events."),
  }),
]);

export const SourceEntry = z
  .strictObject({
    id: Name.optional().describe("Name of the source. Default: its kind."),
    kind: SourceKind.describe("Which API is polled."),
    connection: Name.optional().describe("Needed where there are several connections."),
    every: Positive.prefault("1m").describe("How often each target is polled."),
    lookback: Duration.prefault("15m").describe("Nothing older than a target's first poll minus this is evaluated."),
    lateness: Duration.optional().describe(
      "How late after its time an event may appear and is still found. Default: 10m, for cloud-eye-events 70m.",
    ),
    levels: z.enum(["all", "abnormal"]).default("all").describe("abnormal: ask the API for abnormal events only."),
    targets: z.array(TargetEntry).min(1).optional().describe("What to poll. Default: whatever is discovered."),
    discover: z
      .strictObject({
        status: z.array(Text).min(1).optional().describe("Only targets in one of these states."),
        name: Text.optional().describe("Only targets whose name matches this wildcard, such as prod-*."),
      })
      .optional()
      .describe("Which targets are discovered. Default: all, in all workspaces of the connection."),
    labels: Labels.default({}).describe("Labels of the source's events."),
  })
  .describe("One poller: a kind, a connection and its targets.");

export const Rule = z
  .strictObject({
    id: Name.describe("Name of the rule, unique in the whole configuration."),
    when: PatternObject.describe("EventBridge event pattern over the event."),
    by: z
      .array(Text)
      .default(["connection", "resource.id"])
      .describe("Event fields: one alert for each distinct combination of their values."),
    severity: Severity.optional().describe("Default: the level of the event, info for normal."),
    summary: z.string().optional().describe("Liquid template. Default: {{ event.resource.name }}: {{ event.message }}"),
    description: z.string().optional().describe("Liquid template."),
    runbook: z.string().optional().describe("Link to what to do."),
    labels: Labels.default({}).describe("Labels of the rule's alerts."),
    resolve: z
      .strictObject({
        when: PatternObject.optional().describe("A matching event with the same key resolves the alert."),
        after: Positive.optional().describe("Resolves this long after the newest match."),
      })
      .optional()
      .describe("What ends the alert. Default: an occurrence, closed silently after a day."),
    threshold: z
      .strictObject({
        count: z.int().min(1).describe("Occurrences, summing event.count."),
        within: Positive.describe("Length of the sliding window, in event time."),
      })
      .optional()
      .describe("Opens only when this many occurrences lie within the window."),
    absence: z
      .strictObject({
        for: Positive.describe("How long there may be no matching event."),
        over: z
          .enum(["seen", "targets"])
          .default("seen")
          .describe("seen: each key from its first match on; targets: each target from its first complete read on."),
      })
      .optional()
      .describe("Opens when no event has matched for that long; resolves with the next match."),
    expect: z
      .strictObject({
        when: PatternObject.describe("What must follow; for the same key."),
        within: Positive.describe("How soon after the match."),
      })
      .optional()
      .describe("Opens when a match is not followed in time; resolves with the late follow-up."),
    sequence: z
      .strictObject({
        // biome-ignore lint/suspicious/noThenProperty: users write it, and nothing awaits it
        then: z.array(PatternObject).min(1).max(20).describe("What must follow, in this order; for the same key."),
        within: Positive.describe("How long all of it may take."),
      })
      .optional()
      .describe("Opens when a match and then each of these patterns match in order."),
    distinct: z
      .strictObject({
        field: Text.describe("Event field, such as resource.id."),
        count: z.int().min(1).max(10_000).describe("Different values."),
        within: Positive.describe("Length of the sliding window, in event time."),
      })
      .optional()
      .describe("Opens when that many different values lie within the window."),
    change: z
      .strictObject({ field: Text.describe("Event field, such as type.") })
      .optional()
      .describe("Opens when the value differs from the key's last one."),
    newValue: z
      .strictObject({
        field: Text.describe("Event field, such as reason."),
        memory: Positive.prefault("30d").describe("How long a value is remembered after it was last seen."),
      })
      .optional()
      .describe("Opens when a value is seen for the first time within memory."),
    spike: z
      .strictObject({
        factor: z.number().gt(1).describe("How many times the earlier window the later one holds."),
        window: Positive.describe("Length of each of the two windows, in event time."),
        min: z.int().min(1).describe("Occurrences that the later window holds at least."),
      })
      .optional()
      .describe("Opens when a window holds many times what the one before it held."),
    extract: z
      .array(
        z.strictObject({
          field: Text.describe("Event field whose text is searched, such as message."),
          pattern: Text.describe("RE2 expression with named groups: (?<name>…) gives extracted.name."),
        }),
      )
      .min(1)
      .optional()
      .describe("Takes values out of texts before matching."),
    maxKeys: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Keys it keeps, default 10000; what more there are share one overflow alert."),
    reopen: Positive.optional().describe("A match so soon after the end opens the same alert again."),
  })
  .describe("A pattern over events that opens and resolves alerts.");
const Include = z
  .strictObject({ include: Text.describe("A pack that comes with Lookout, or the relative path of a .yml file.") })
  .describe("The rules of another file.");
const RuleEntry = z.union([Rule, Include]);

const RouteFields = {
  channels: z.array(Name).optional().describe("Where alerts go. Default: as above, at the root all channels."),
  groupBy: z
    .array(Text)
    .optional()
    .describe(
      'Paths into the alert; alerts equal in them are told together; "..." is each by itself. At the root: [rule].',
    ),
  groupWait: Duration.optional().describe("Wait before a group's first notification. At the root: 0s."),
  groupInterval: Duration.optional().describe("Wait before news of a group that was told. At the root: 5m."),
  repeatInterval: Positive.optional().describe("Wait before a group that still fires is told again. At the root: 4h."),
  mute: z.array(Name).optional().describe("timeIntervals in which nothing is sent."),
  active: z.array(Name).optional().describe("timeIntervals outside of which nothing is sent."),
};
const RouteBase = z.strictObject({
  match: PatternObject.describe("EventBridge event pattern over the alert."),
  continue: z.boolean().default(false).describe("Also try the routes after this one."),
  ...RouteFields,
});
type RouteInput = z.infer<typeof RouteBase> & { routes?: RouteInput[] | undefined };
const Route: z.ZodType<RouteInput> = RouteBase.extend({
  get routes() {
    return z.array(Route).optional().describe("Routes below; the first that matches takes the alert.");
  },
});
export const RootRoute = z
  .strictObject({ ...RouteFields, routes: z.array(Route).optional().describe("Routes for some alerts.") })
  .describe("Which alerts go to which channels, and how they are grouped.");

const Texts = z.array(Text);
const TimeInterval = z.strictObject({
  times: z
    .array(
      z.strictObject({
        start_time: Text.describe('Begin, such as "22:00".'),
        end_time: Text.describe('End, not included, such as "07:00"; may lie on the next day.'),
      }),
    )
    .optional()
    .describe("Times of day."),
  weekdays: Texts.optional().describe("Days such as saturday or monday:friday."),
  days_of_month: Texts.optional().describe("Days such as 1 or 1:5; negative from the end."),
  months: Texts.optional().describe("Months such as january or 1:3."),
  years: Texts.optional().describe("Years such as 2026 or 2026:2028."),
  location: Text.optional().describe("IANA time zone. Default: timezone of the file."),
});
const TimeIntervals = z.union([z.array(TimeInterval).min(1), TimeInterval]);

export const Silence = z
  .strictObject({
    match: PatternObject.describe("EventBridge event pattern over the alert."),
    during: z.array(Name).min(1).optional().describe("timeIntervals in which it holds."),
    from: Instant.optional().describe("Holds from this instant on."),
    until: Instant.optional().describe("Holds until this instant."),
    comment: z.string().optional().describe("Why, for people."),
  })
  .describe("Holds notifications back; nothing is lost.");

/** The rest of its keys is checked by the channel type's own options. */
export const Channel = z.looseObject({
  type: Text.describe("Kind of destination."),
  fallback: Name.optional().describe("Channel that gets what this one could not deliver."),
  sendResolved: z.boolean().default(true).describe("Also tell resolutions."),
});

const Health = z
  .strictObject({
    channels: z.array(Name).optional().describe("Where Lookout's own troubles are told. Default: as the root route."),
    lag: Positive.prefault("15m").describe("A target unread for this long is a trouble."),
    heartbeat: Url.optional().describe("URL that is requested after each healthy round."),
  })
  .describe("Lookout about itself.");

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
const StoreEntry = z.discriminatedUnion("type", [Sqlite, DynamoDb]);

export const ConfigFile = z.strictObject({
  timezone: Text.default("UTC").describe("IANA time zone for messages and time intervals that name none."),
  connections: z.record(Name, Connection).describe("Cloud projects by name."),
  sources: z.array(SourceEntry).min(1).describe("What is polled."),
  rules: z.array(RuleEntry).min(1).describe("What opens alerts."),
  route: RootRoute.optional(),
  timeIntervals: z.record(Name, TimeIntervals).default({}).describe("Alertmanager time intervals by name."),
  silences: z.array(Silence).default([]).describe("What is held back."),
  channels: z.record(Name, Channel).describe("Destinations by name."),
  health: Health.optional(),
  history: Positive.prefault("30d").describe("How long events, ended alerts and deliveries are kept."),
  store: StoreEntry.default({ type: "sqlite", path: ".lookout/state.db" }).describe("Where state is kept."),
});

export type ConfigFile = z.infer<typeof ConfigFile>;

/** A file of rules to be included. */
export const PackFile = z.strictObject({ rules: z.array(RuleEntry).min(1).describe("Rules, as in lookout.yml.") });
