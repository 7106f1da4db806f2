// The configuration as the application reads it: what the files describe, validated and completed.
import type * as z from "zod";
import type { Inhibit, Silence } from "./files/route-file.ts";
import type { Rule } from "./files/rule-file.ts";
import type { Auth, Connection } from "./files/source-file.ts";
import type { Severity } from "./severity.ts";
import type { SourceKind } from "./source-kinds.ts";

/** An EventBridge event pattern as written; compiled and validated by patterns/pattern.ts. */
export type Pattern = { [field: string]: unknown };

export type ConnectionConfig = z.infer<typeof Connection>;
/** Strings may be secret references. */
export type AuthConfig = z.infer<typeof Auth>;
export type RuleConfig = z.infer<typeof Rule>;
export type SilenceConfig = z.infer<typeof Silence>;
export type InhibitConfig = z.infer<typeof Inhibit>;

/** A source with everything filled in. Durations in ms. */
export interface SourceConfig {
  id: string;
  kind: SourceKind;
  /** Empty where the kind has none. */
  connection: string;
  every: number;
  lookback: number;
  lateness: number;
  levels: "all" | "abnormal";
  targets: TargetConfig[] | undefined;
  discover: { status?: string[]; name?: string } | undefined;
  labels: Record<string, string>;
  /** Of a kind that asks endpoints. */
  probe?: ProbeConfig;
}

export interface TargetConfig {
  id: string;
  name?: string;
  labels?: Record<string, string>;
  /** Of a kind that asks endpoints. */
  endpoint?: EndpointConfig;
}

/** What a probe asks, and wants to hear. The address and the headers may hold secret references. */
export interface EndpointConfig {
  url: string;
  method: string;
  /** The statuses that are good. Absent: 200 to 299. */
  status?: number[];
  /** What the beginning of the answer must hold. */
  body?: string;
  header: Record<string, string>;
}

/** When an endpoint counts as down, slow, or about to be without a certificate. Durations in ms. */
export interface ProbeConfig {
  timeout: number;
  /** Down after so many in a row. */
  failures: number;
  slow?: { over: number; for: number };
  certificate: number;
}

export interface ChannelConfig {
  type: string;
  fallback: string | undefined;
  /** ms */
  fallbackAfter: number;
  sendResolved: boolean;
  /** By severity, ids in the service's own terms. Absent: nobody. */
  mention?: { [severity in Severity]?: string[] | undefined };
  /** What messages say, in the form that the type takes (config/check/messages.ts). Absent: Lookout's own words. */
  template?: string | Record<string, unknown> | unknown[];
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
  /** Severities whose new alerts wait for `groupWait`, not for `groupInterval`. */
  urgent: Severity[];
  mute: string[];
  active: string[];
  /** Not inherited; ascending. */
  escalate: EscalationStep[];
  /** Made of a step of another route's `escalate` (alerts/escalate.ts); no route of the file. */
  escalation?: true;
  /** Which step that is, by its channels: the same under every route. */
  step?: string;
  routes: RouteConfig[];
}

/** Who else is notified of an alert that still fires, unacknowledged, so long after its first notification. */
export interface EscalationStep {
  /** ms */
  after: number;
  channels: string[];
}

/** Where the console listens; `token` may be a secret reference. */
export interface ConsoleConfig {
  listen: string;
  publicUrl?: string | undefined;
  token?: string | undefined;
}

/** The configuration as the application reads it: validated, includes resolved, defaults and inheritance filled in. */
export interface Config {
  /** Absolute path of the file; its folder is where relative paths start. */
  file: string;
  timezone: string;
  connections: Record<string, ConnectionConfig>;
  sources: SourceConfig[];
  rules: RuleConfig[];
  route: RouteConfig;
  timeIntervals: Record<string, Record<string, unknown>[]>;
  inhibit: InhibitConfig[];
  silences: SilenceConfig[];
  channels: Record<string, ChannelConfig>;
  health: { channels: string[]; lag: number; heartbeat: string | undefined };
  /** ms */
  history: number;
  console: ConsoleConfig | undefined;
  store:
    | { type: "sqlite"; path: string }
    | { type: "dynamodb"; table: string; region?: string; endpoint?: string }
    | { type: "postgres"; url: string };
}
