// The configuration file `lookout.yml` (contract, section 2): its schema and the types the rest of the code reads.
import * as z from "zod";
import { Severity } from "./alert.ts";
import { SourceKind } from "./event.ts";

/** An EventBridge event pattern as written; compiled and validated by rules/pattern.ts. */
export type Pattern = { [field: string]: unknown };

const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "a name: letters, digits, '.', '_' and '-', at most 63");
const DURATION = /^(\d+)(ms|s|m|h|d|w)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Milliseconds of a duration such as `30s`, `10m`, `2h`, `7d`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  return match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : undefined;
}

/** A duration, kept as milliseconds after parsing. */
const Duration = z
  .string()
  .regex(DURATION, "a duration such as 30s, 10m, 2h or 7d")
  .transform((text) => parseDuration(text) as number);
const PatternObject = z.record(z.string(), z.unknown());
const Labels = z.record(z.string(), z.string());
const Instant = z.iso.datetime({ offset: true });

const Auth = z.union([
  z.strictObject({ accessKey: z.string(), secretKey: z.string(), securityToken: z.string().optional() }),
  z.strictObject({ username: z.string(), password: z.string(), domain: z.string() }),
  z.strictObject({ token: z.string() }),
]);

const Connection = z.strictObject({
  cloud: z.enum(["otc", "huaweicloud", "custom"]),
  region: z.string(),
  projectId: z.string().optional(),
  project: z.string().optional(),
  workspaces: z.array(z.string()).default(["0"]),
  auth: Auth.optional(),
  endpoints: z
    .strictObject({ modelarts: z.url().optional(), ces: z.url().optional(), iam: z.url().optional() })
    .optional(),
});

const TargetEntry = z.union([
  z.string(),
  z.strictObject({ id: z.string(), name: z.string().optional(), labels: Labels.optional() }),
]);

const SourceEntry = z.strictObject({
  id: Name.optional(),
  kind: SourceKind,
  connection: Name.optional(),
  every: Duration.default(60_000),
  lookback: Duration.default(900_000),
  lateness: Duration.optional(),
  levels: z.enum(["all", "abnormal"]).default("all"),
  targets: z.array(TargetEntry).min(1).optional(),
  discover: z.strictObject({ status: z.array(z.string()).optional(), name: z.string().optional() }).optional(),
  labels: Labels.default({}),
});

const Resolve = z.strictObject({ when: PatternObject.optional(), after: Duration.optional() });
const Threshold = z.strictObject({ count: z.int().min(1), within: Duration });

const Rule = z.strictObject({
  id: Name,
  when: PatternObject,
  by: z.array(z.string()).default(["connection", "resource.id"]),
  severity: Severity.optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  runbook: z.string().optional(),
  labels: Labels.default({}),
  resolve: Resolve.optional(),
  threshold: Threshold.optional(),
});
const Include = z.strictObject({ include: z.string() });

const RouteFields = {
  channels: z.array(Name).optional(),
  groupBy: z.array(z.string()).optional(),
  groupWait: Duration.optional(),
  groupInterval: Duration.optional(),
  repeatInterval: Duration.optional(),
  mute: z.array(Name).optional(),
  active: z.array(Name).optional(),
};
const RouteBase = z.strictObject({ match: PatternObject, continue: z.boolean().default(false), ...RouteFields });
export type RouteInput = z.infer<typeof RouteBase> & { routes?: RouteInput[] | undefined };
const Route: z.ZodType<RouteInput> = RouteBase.extend({
  get routes() {
    return z.array(Route).optional();
  },
});
const RootRoute = z.strictObject({ ...RouteFields, routes: z.array(Route).optional() });

const Silence = z.strictObject({
  match: PatternObject,
  during: z.array(Name).optional(),
  from: Instant.optional(),
  until: Instant.optional(),
  comment: z.string().optional(),
});

/** `type`, `fallback` and `sendResolved` are every channel's; the rest is checked by the channel's own options. */
const Channel = z.looseObject({
  type: z.string(),
  fallback: Name.optional(),
  sendResolved: z.boolean().default(true),
});

const Health = z.strictObject({
  channels: z.array(Name).optional(),
  lag: Duration.default(900_000),
  heartbeat: z.string().optional(),
});
const StoreConfig = z.union([
  z.strictObject({ type: z.literal("sqlite"), path: z.string().default(".lookout/state.db") }),
  z.strictObject({
    type: z.literal("dynamodb"),
    table: z.string(),
    region: z.string().optional(),
    endpoint: z.url().optional(),
  }),
]);

export const ConfigFile = z.strictObject({
  timezone: z.string().default("UTC"),
  connections: z.record(Name, Connection),
  sources: z.array(SourceEntry).min(1),
  rules: z.array(z.union([Rule, Include])).min(1),
  route: RootRoute.optional(),
  timeIntervals: z.record(Name, z.array(z.record(z.string(), z.unknown()))).optional(),
  silences: z.array(Silence).default([]),
  channels: z.record(Name, Channel),
  health: Health.optional(),
  history: Duration.default(2_592_000_000),
  store: StoreConfig.default({ type: "sqlite", path: ".lookout/state.db" }),
});
export type ConfigFile = z.infer<typeof ConfigFile>;
export type ConnectionConfig = z.infer<typeof Connection>;
export type AuthConfig = z.infer<typeof Auth>;
export type RuleConfig = z.infer<typeof Rule>;
export type SilenceConfig = z.infer<typeof Silence>;

/** A source with everything filled in. Durations in ms. */
export interface SourceConfig {
  id: string;
  kind: SourceKind;
  connection: string;
  every: number;
  lookback: number;
  lateness: number;
  levels: "all" | "abnormal";
  targets: { id: string; name?: string; labels?: Record<string, string> }[] | undefined;
  discover: { status?: string[]; name?: string } | undefined;
  labels: Record<string, string>;
}

export interface ChannelConfig {
  type: string;
  fallback: string | undefined;
  sendResolved: boolean;
  /** Checked by the channel's own options; secret references not yet resolved. */
  options: Record<string, unknown>;
}

/** A route with everything inherited filled in; the root is the first. Durations in ms. */
export interface RouteConfig {
  /** Stable while the route's path of matches stays the same: names its groups in the store. */
  id: string;
  match: Pattern | undefined;
  continue: boolean;
  channels: string[];
  groupBy: string[];
  groupWait: number;
  groupInterval: number;
  repeatInterval: number;
  mute: string[];
  active: string[];
  routes: RouteConfig[];
}

/** The configuration as the application reads it: validated, includes resolved, defaults and inheritance filled in. */
export interface Config {
  /** Absolute path of the file, and the folder relative paths start from. */
  file: string;
  timezone: string;
  connections: Record<string, ConnectionConfig>;
  sources: SourceConfig[];
  rules: RuleConfig[];
  route: RouteConfig;
  timeIntervals: Record<string, Record<string, unknown>[]>;
  silences: SilenceConfig[];
  channels: Record<string, ChannelConfig>;
  health: { channels: string[]; lag: number; heartbeat: string | undefined };
  /** ms */
  history: number;
  store: { type: "sqlite"; path: string } | { type: "dynamodb"; table: string; region?: string; endpoint?: string };
}
