// The groups in which an alert is told: on each of its routes one for messages, and one of its own for incident channels.
import { groupId } from "../../alerts/group.ts";
import { groupValues } from "../../alerts/route.ts";
import type { Alert } from "../../model/alert.ts";
import type { RouteConfig } from "../../model/config.ts";
import type { App } from "../deps.ts";
import { detoursOf } from "./detours.ts";

/** An alert's place in one group of a route. */
export interface Seat {
  /** The group's id. */
  id: string;
  route: RouteConfig;
  incident: boolean;
  /** The group's `groupBy` fields and values. */
  values: Record<string, unknown>;
}

/** In the order of the routes; a route without channels of a kind has no group of that kind. */
export function seatsOf(app: App, alert: Alert): Seat[] {
  return [...app.router.routes(alert), ...detoursOf(app, alert)].flatMap((route) =>
    [false, true].flatMap((incident): Seat[] => {
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
