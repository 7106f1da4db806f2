// The groups in which an alert is notified: on each of its routes one for messages, and one of its own for incident
// channels; and where Lookout's own alerts go when none of the channels for them works.
import { groupId } from "../../alerts/group.ts";
import { groupValues } from "../../alerts/route.ts";
import type { Alert } from "../../model/alert.ts";
import type { RouteConfig } from "../../model/config.ts";
import { HEALTH_RULE, type HealthProblem } from "../../model/own-alerts.ts";
import type { App, Channel } from "../deps.ts";

/** An alert's place in one group of a route. */
export interface Assignment {
  /** The group's id. */
  id: string;
  route: RouteConfig;
  incident: boolean;
  /** The group's `groupBy` fields and values. */
  values: Record<string, unknown>;
}

/** In the order of the routes; a route without channels of a kind has no group of that kind. */
export function assignmentsOf(app: App, alert: Alert): Assignment[] {
  return [...app.router.routes(alert), ...detoursOf(app, alert)].flatMap((route) =>
    [false, true].flatMap((incident): Assignment[] => {
      if (channelsOf(app, route, incident).length === 0) return [];
      const values = incident ? { alert: alert.id } : groupValues(route, alert);
      return [{ id: groupId(route.id, incident, values), route, incident, values }];
    }),
  );
}

/** The route's channels that open incidents, or those that send messages. */
export function channelsOf(app: App, route: RouteConfig, incident: boolean): string[] {
  return route.channels.filter((name) => (app.channels.get(name)?.type.incident ?? false) === incident);
}

/** Problems that are a channel's own. */
const OF_CHANNEL: ReadonlySet<unknown> = new Set<HealthProblem>([
  "channel failing",
  "channel disabled",
  "delivery dead",
  "secret unresolved",
]);

/**
 * The routes that such an alert takes beside the one to `health.channels`: to the nearest fallbacks of those channels
 * that work, else to every other channel that works.
 */
function detoursOf(app: App, { rule, key, connection }: Alert): RouteConfig[] {
  if (rule !== HEALTH_RULE) return [];
  const broken = new Set(app.brokenChannels);
  if (OF_CHANNEL.has(key["problem"]) && connection === null) broken.add(String(key["name"]));
  const { channels } = app.config.health;
  if (!channels.every((name) => broken.has(name))) return [];
  const fallbacks = channels.flatMap((name) => workingFallback(app, name, broken) ?? []);
  const others = [...app.channels.keys()].filter((name) => !broken.has(name));
  const chosen = new Set(fallbacks.length > 0 ? fallbacks : others);
  return [...chosen].map((name) => app.router.detour(name)!);
}

/**
 * Where Lookout's own alerts go that were sent to a channel before anybody knew that it fails: to another one that
 * works, where none of the channels for them does and this one has no fallback.
 */
export function wayAround(app: App, channel: string): Channel | undefined {
  const isBroken = (name: string) => name === channel || app.brokenChannels.has(name);
  if (!app.config.health.channels.every(isBroken)) return undefined;
  return [...app.channels.values()].find(({ name, type }) => !isBroken(name) && !type.incident);
}

/** Fallbacks never go in a circle: the configuration is checked for that. */
function workingFallback(app: App, name: string, broken: ReadonlySet<string>): string | undefined {
  const next = app.channels.get(name)?.fallback;
  return next === undefined || !broken.has(next) ? next : workingFallback(app, next, broken);
}
