// From the file as written to the configuration as read: every default and everything inherited filled in.
import type * as z from "zod";
import type {
  AuthConfig,
  Config,
  ConnectionConfig,
  Pattern,
  ProbeConfig,
  RouteConfig,
  SourceConfig,
  TargetConfig,
} from "../../model/config.ts";
import type { ConfigFrame } from "../../model/files/config-file.ts";
import type { RootRoute } from "../../model/files/route-file.ts";
import type { SourceEntry } from "../../model/files/source-file.ts";
import { hashOf } from "../../model/hash.ts";
import { isCheck, isProjectWide, sourceKinds } from "../../model/source-kinds.ts";
import { isEmptyMap } from "../document/raw.ts";
import type { Environment } from "../environment.ts";

type File = ConfigFrame;
type RouteInput = Partial<z.infer<typeof RootRoute>> & {
  match?: Pattern | undefined;
  continue?: boolean;
};

const MINUTE = 60_000;

export function fillConnections(file: File, env: Environment): Record<string, ConnectionConfig> {
  const entries = Object.entries(file.connections);
  return Object.fromEntries(entries.map(([name, entry]) => [name, { ...entry, auth: entry.auth ?? defaultAuth(env) }]));
}

/** The credentials of a connection that names none. */
export function defaultAuth(env: Environment): AuthConfig {
  const keys = { accessKey: "${env:HW_ACCESS_KEY}", secretKey: "${env:HW_SECRET_KEY}" };
  return env["HW_SECURITY_TOKEN"] ? { ...keys, securityToken: "${env:HW_SECURITY_TOKEN}" } : keys;
}

export function fillSources(file: File): SourceConfig[] {
  const [only = ""] = Object.keys(file.connections);
  return file.sources.map((entry) => {
    const targets = entry.targets?.map(targetOf);
    return {
      id: entry.id ?? entry.kind,
      kind: entry.kind,
      connection: sourceKinds[entry.kind].api === null ? "" : (entry.connection ?? only),
      every: entry.every,
      lookback: entry.lookback,
      lateness: entry.lateness ?? sourceKinds[entry.kind].lateness,
      levels: entry.levels,
      targets,
      discover: discovery(entry),
      labels: entry.labels,
      ...(sourceKinds[entry.kind].api === null ? { probe: probing(entry) } : {}),
    };
  });
}

type TargetInput = NonNullable<z.infer<typeof SourceEntry>["targets"]>[number];

function targetOf(entry: TargetInput): TargetConfig {
  if (typeof entry === "string") return { id: entry };
  const { id, name, labels, url, method = "GET", status, body, header = {} } = entry;
  const target = defined({ id, name, labels });
  return url === undefined ? target : { ...target, endpoint: defined({ url, method, status, body, header }) };
}

function probing({ timeout, failures, slow, certificate }: z.infer<typeof SourceEntry>): ProbeConfig {
  return {
    timeout: timeout ?? 10_000,
    failures: failures ?? 2,
    ...(slow === undefined ? {} : { slow }),
    certificate: certificate ?? 14 * 1_440 * MINUTE,
  };
}

/** Nothing is discovered where targets are named. */
function discovery(entry: z.infer<typeof SourceEntry>): SourceConfig["discover"] {
  const isNamed = entry.targets !== undefined || (isProjectWide(entry.kind) && !isCheck(entry.kind));
  return isNamed ? undefined : defined(entry.discover ?? {});
}

/** The same without undefined fields, which an optional field may not hold. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** What the root route has where the file says nothing. */
export const ROUTE_DEFAULTS: Omit<Inherited, "channels"> = {
  groupBy: ["rule"],
  groupWait: 0,
  groupInterval: 5 * MINUTE,
  repeatInterval: 240 * MINUTE,
  urgent: ["critical"],
  mute: [],
  active: [],
};

export function fillRoute(file: File): RouteConfig {
  return routeBelow(file.route ?? {}, { channels: Object.keys(file.channels), ...ROUTE_DEFAULTS }, []);
}

/** `path` holds for each route from the root the match, and its number among equal siblings. */
function routeBelow(input: RouteInput, parent: Inherited, path: readonly unknown[]): RouteConfig {
  const inherited: Inherited = {
    channels: input.channels ?? parent.channels,
    groupBy: input.groupBy ?? parent.groupBy,
    groupWait: input.groupWait ?? parent.groupWait,
    groupInterval: input.groupInterval ?? parent.groupInterval,
    repeatInterval: input.repeatInterval ?? parent.repeatInterval,
    urgent: input.urgent ?? parent.urgent,
    mute: input.mute ?? parent.mute,
    active: input.active ?? parent.active,
  };
  const seen = new Map<string, number>();
  const routes = (input.routes ?? []).map((child) => {
    const match = canonical(child.match ?? {});
    const number = seen.get(match) ?? 0;
    seen.set(match, number + 1);
    return routeBelow(child, inherited, [...path, [match, number]]);
  });
  const { continue: goesOn = false, escalate = [] } = input;
  const match = isEmptyMap(input.match) ? undefined : input.match;
  return { id: hashOf(path, 16), match, continue: goesOn, ...inherited, escalate, routes };
}

type Inherited = Omit<RouteConfig, "id" | "match" | "continue" | "escalate" | "routes">;

/** JSON in which the order of keys makes no difference. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function fillHealth(file: File, root: RouteConfig): Config["health"] {
  const { channels = root.channels, lag = 15 * MINUTE, heartbeat } = file.health ?? {};
  return { channels, lag, heartbeat };
}
