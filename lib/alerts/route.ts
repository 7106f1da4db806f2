// The routing tree: which routes an alert takes (the deepest that match, as in Alertmanager) and which group on each.
import type { Alert } from "../model/alert.ts";
import type { Pattern, RouteConfig } from "../model/config.ts";
import { hashOf } from "../model/hash.ts";
import { HEALTH_RULE } from "../model/own-alerts.ts";
import { valuesAt } from "../model/path.ts";
import { type Step, stepsOf } from "./escalate.ts";

export type AlertPredicate = (alert: Alert) => boolean;
export type CompileAlertPattern = (pattern: Pattern) => AlertPredicate;

interface Node {
  config: RouteConfig;
  matches: AlertPredicate;
  routes: Node[];
}

export interface Router {
  /** The routes the alert takes, in file order, never empty; of Lookout's own alerts the one for health. */
  routes(alert: Alert): RouteConfig[];
  /** The route of that id, or undefined where the configuration has it no more. */
  byId(id: string): RouteConfig | undefined;
  /** The route of Lookout's own alerts to this channel alone, for when those that are meant for them do not work. */
  detour(channel: string): RouteConfig | undefined;
  /** The steps of the route's `escalate`. */
  steps(route: RouteConfig): readonly Step[];
}

/** `detours` lead to one channel each. */
export function compileRouter(
  root: RouteConfig,
  health: RouteConfig,
  detours: readonly RouteConfig[],
  compile: CompileAlertPattern,
): Router {
  const ids = new Map<string, RouteConfig>([health, ...detours].map((route) => [route.id, route]));
  const steps = new Map<string, Step[]>();
  function build(config: RouteConfig): Node {
    ids.set(config.id, config);
    steps.set(config.id, stepsOf(config));
    for (const { route } of steps.get(config.id)!) ids.set(route.id, route);
    const matches = config.match === undefined ? () => true : compile(config.match);
    return { config, matches, routes: config.routes.map(build) };
  }
  const tree = build(root);
  return {
    routes: (alert) => (alert.rule === HEALTH_RULE ? [health] : walk(tree, alert)),
    byId: (id) => ids.get(id),
    detour: (channel) => detours.find(({ channels }) => channels.includes(channel)),
    steps: ({ id }) => steps.get(id) ?? [],
  };
}

/** The group values of an alert on a route; `...` groups every alert by itself, and empty text is as if missing. */
export function groupValues(route: RouteConfig, alert: Alert): Record<string, unknown> {
  if (route.groupBy.includes("...")) return { alert: alert.id };
  const values = Object.entries(valuesAt(alert, route.groupBy));
  return Object.fromEntries(values.map(([path, value]) => [path, value === "" ? null : value]));
}

/** The route of Lookout's own health alerts: straight to `health.channels`, exempt from the tree. */
export function healthRoute(channels: readonly string[], root: RouteConfig): RouteConfig {
  return ownRoute(["lookout-health"], channels, root);
}

/** The same to one other channel. */
export function healthDetour(channel: string, root: RouteConfig): RouteConfig {
  return ownRoute(["lookout-health", channel], [channel], root);
}

function ownRoute(name: readonly string[], channels: readonly string[], root: RouteConfig): RouteConfig {
  return {
    ...root,
    id: hashOf(name, 12),
    match: undefined,
    continue: false,
    channels: [...channels],
    groupBy: ["rule"],
    groupWait: 0,
    mute: [],
    active: [],
    escalate: [],
    routes: [],
  };
}

function walk(node: Node, alert: Alert): RouteConfig[] {
  const found: RouteConfig[] = [];
  for (const child of node.routes) {
    if (!child.matches(alert)) continue;
    found.push(...walk(child, alert));
    if (!child.config.continue) break;
  }
  return found.length > 0 ? found : [node.config];
}
