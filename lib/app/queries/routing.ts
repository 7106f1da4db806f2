// Where an alert would go now: the routes that take it, their channels, its group on each, and what holds it back.
import { madeUpAlert } from "../../alerts/made-up.ts";
import { groupValues } from "../../alerts/route.ts";
import type { Alert } from "../../model/alert.ts";
import type { RouteConfig } from "../../model/config.ts";
import { durationText } from "../../model/duration.ts";
import { hashOf } from "../../model/hash.ts";
import { iso } from "../../model/iso.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import { formatPlace, type Place } from "../../model/place.ts";
import type { App } from "../deps.ts";
import { type Holds, readHolds } from "../groups/holds.ts";

/** Where a place of the configuration stands, `lookout.yml:12:5`; null where only a default stands in for it. */
type Locate = (place: Place) => string | null;

/** One route that takes an alert. Durations as people write them. */
export interface RouteView {
  /** `route.routes[0]`. */
  path: string;
  at: string | null;
  channels: string[];
  /** The group's `groupBy` fields and values; an incident channel has each alert by itself. */
  group: Record<string, unknown>;
  groupWait: string;
  groupInterval: string;
  repeatInterval: string;
  escalate: { after: string; channels: string[] }[];
  /** What holds it back now. */
  heldBy: { kind: string; by: string; at: string | null; until: string | null } | null;
}

export interface Routing {
  routes: RouteView[];
  /** Of all of them, each once. */
  channels: string[];
}

/** Where each of the alerts would go if it fired now. */
export async function routeAlerts(app: App, alerts: readonly Alert[], locate: Locate): Promise<Routing[]> {
  const holds = await readHolds(app, alerts);
  return alerts.map((alert) => {
    const routes = app.router.routes(alert).map((route) => viewOf(app, holds, locate, route, alert));
    return { routes, channels: [...new Set(routes.flatMap(({ channels }) => channels))] };
  });
}

function viewOf(app: App, holds: Holds, locate: Locate, route: RouteConfig, alert: Alert): RouteView {
  const place = alert.rule === HEALTH_RULE ? ["health"] : placeOf(app, route);
  const [hold] = holds.of(alert, route, app.clock.now());
  return {
    path: formatPlace(place),
    at: locate(place),
    channels: [...route.channels],
    group: groupValues(route, alert),
    groupWait: durationText(route.groupWait),
    groupInterval: durationText(route.groupInterval),
    repeatInterval: durationText(route.repeatInterval),
    escalate: route.escalate.map(({ after, channels }) => ({ after: durationText(after), channels })),
    heldBy: hold
      ? { kind: hold.kind, by: hold.by, at: hold.place && locate(hold.place), until: hold.ends ?? null }
      : null,
  };
}

/** Where the route, or the step of one's `escalate`, stands in the configuration. */
export function placeOf(app: App, wanted: RouteConfig): Place {
  const find = (route: RouteConfig, place: Place): Place | undefined => {
    if (route.id === wanted.id) return place;
    const step = app.router.steps(route).find((one) => one.route.id === wanted.id);
    if (step) return [...place, "escalate", step.index];
    for (const [index, child] of route.routes.entries()) {
      const found = find(child, [...place, "routes", index]);
      if (found) return found;
    }
    return undefined;
  };
  return find(app.config.route, ["route"]) ?? ["health"];
}

/** An alert of which only `given` is known: the rest is as its rule has it, or a default. */
export function alertLike(app: App, given: Partial<Alert>): Alert {
  const rule = app.rules.byId.get(given.rule ?? "")?.config;
  const like = { severity: rule?.severity ?? "error", runbook: rule?.runbook ?? null, ...given };
  const labels = { ...rule?.labels, ...given.labels };
  return madeUpAlert({ id: hashOf(["given", given]), ...like, labels }, iso(app.clock.now()));
}
