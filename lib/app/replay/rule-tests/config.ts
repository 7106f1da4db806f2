// The configuration that a rule test runs with: that of the file under test, or one made around the
// rules of the test file itself.
import { ROUTE_DEFAULTS } from "../../../config/load/fill.ts";
import type { Config, ConnectionConfig, RouteConfig, RuleConfig, SourceConfig } from "../../../model/config.ts";
import type { Event } from "../../../model/event.ts";
import { lookup } from "../../../model/lookup.ts";
import { SOURCE_KINDS, type SourceKind, sourceKinds } from "../../../model/source-kinds.ts";

const MINUTE = 60_000;
/** Nobody is notified: the outcome is read. */
const CHANNEL = "test";

const CONNECTION: ConnectionConfig = {
  cloud: "custom",
  region: "test",
  projectId: "test",
  workspaces: ["0"],
  requestsPerSecond: 20,
};

/** A configuration of these rules alone, with one source of each kind. `file` is an absolute path. */
export function configOfRules(file: string, rules: RuleConfig[]): Config {
  const route: RouteConfig = {
    id: CHANNEL,
    match: undefined,
    continue: false,
    channels: [CHANNEL],
    ...ROUTE_DEFAULTS,
    escalate: [],
    routes: [],
  };
  return {
    file,
    timezone: "UTC",
    connections: { test: CONNECTION },
    sources: SOURCE_KINDS.map((kind) => sourceOfKind(kind, kind, "test")),
    rules,
    route,
    timeIntervals: {},
    inhibit: [],
    silences: [],
    channels: {
      [CHANNEL]: { type: "console", fallback: undefined, fallbackAfter: 300_000, sendResolved: true, options: {} },
    },
    health: { channels: [], lag: 15 * MINUTE, heartbeat: undefined },
    history: 43_200 * MINUTE,
    console: undefined,
    store: { type: "sqlite", path: file },
  };
}

/**
 * The configuration with a source for every event. Deadlines wait for the targets of the sources that may
 * feed a rule: an event that no configured source could give has one like the first of its kind, and every
 * source has whatever target there is.
 */
export function withSourcesOf(
  config: Config,
  found: readonly Pick<Event, "source" | "sourceId" | "connection">[],
): Config {
  const all: SourceConfig[] = config.sources.map((source) => ({ ...source, targets: undefined }));
  const connections = { ...config.connections };
  for (const { source: kind, sourceId: id, connection } of found) {
    if (lookup(connections, connection) === undefined) connections[connection] = CONNECTION;
    if (all.some((one) => one.kind === kind && one.id === id && one.connection === connection)) continue;
    const like = all.find((one) => one.kind === kind && one.id === id) ?? all.find((one) => one.kind === kind);
    all.push({ ...(like ?? sourceOfKind(kind, id, connection)), id, connection });
  }
  return { ...config, connections, sources: all };
}

function sourceOfKind(kind: SourceKind, id: string, connection: string): SourceConfig {
  return {
    id,
    kind,
    connection,
    every: MINUTE,
    lookback: 15 * MINUTE,
    lateness: sourceKinds[kind].lateness,
    levels: "all",
    targets: undefined,
    discover: {},
    labels: {},
  };
}
