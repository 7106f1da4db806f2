// Where an alert is notified and why not yet: its routes and groups, what holds it back now, when its group decides
// next, and its deliveries. It is decided by what decides live, and nothing is written.
import { decide } from "../../alerts/decide.ts";
import { type Group, type Member, newGroup } from "../../alerts/group.ts";
import { escalationDue } from "../../alerts/next-due.ts";
import type { Alert } from "../../model/alert.ts";
import type { RouteConfig } from "../../model/config.ts";
import { iso } from "../../model/iso.ts";
import type { NotifyReason } from "../../model/notification.ts";
import { formatPlace, type Place } from "../../model/place.ts";
import type { Delivery } from "../delivery/deliver.ts";
import { wantsOf } from "../delivery/notify.ts";
import type { App } from "../deps.ts";
import { type Assignment, assignmentsOf, channelsOf } from "../groups/assignments.ts";
import { isOfStep } from "../groups/escalation.ts";
import { readHolds } from "../groups/holds.ts";
import { ruleOf } from "../groups/transitions.ts";
import type { KnownAlert, Reader } from "./explain-reader.ts";
import { type DeliveryView, viewDelivery } from "./lists.ts";
import { placeOf } from "./routing.ts";

/** Where a place of the configuration stands, `lookout.yml:12:5`; null where only a default stands in for it. */
export type Locate = (place: Place) => string | null;

/** An alert on one route: its group there, and what comes next. */
export interface RouteStanding {
  /** `route.routes[0]`; null where the configuration has the route no more. */
  route: string | null;
  at: string | null;
  channels: string[];
  /** The group's `groupBy` fields and values. */
  group: Record<string, unknown>;
  /** Whether the group's channels have been notified of the alert. */
  notified: boolean;
  /** What holds the alert back now. */
  heldBy: { kind: string; by: string; at: string | null; until: string | null } | null;
  /** When the group notifies of it next, as things stand, and why; null where it does not. */
  next: { at: string; reason: NotifyReason } | null;
  /** Who is notified too, and when, unless somebody acknowledges it before; null: nobody, or it is held back. */
  escalation: { at: string; channels: string[] } | null;
}

export interface ExplainedDelivery extends DeliveryView {
  reason: NotifyReason;
  /** When it was delivered or died; null while it is under way. */
  endedAt: string | null;
  /** The delivery of the same group and channel that goes before it and is not through yet. */
  behind: string | null;
  /** The delivery to the channel's fallback that it led to, where it is dead or was tried in vain for long. */
  fallback: string | null;
}

export interface Notifying {
  routes: RouteStanding[];
  /** Oldest first. */
  deliveries: ExplainedDelivery[];
}

/** `known` as the store has it; for an alert that an event would open, `groups` is undefined. */
export async function explainNotifying(
  app: App,
  reader: Reader,
  locate: Locate,
  known: Pick<KnownAlert, "alert"> & { groups: readonly string[] | undefined },
): Promise<Notifying> {
  const { alert, groups } = known;
  // A fallback may be of the same moment as what died.
  const order = (row: Delivery): number => (row.fallback === undefined ? 1 : 0);
  const rows = (await reader.deliveries(alert)).toSorted((a, b) => a.createdAt - b.createdAt || order(a) - order(b));
  const deliveries = await Promise.all(rows.map((row) => viewOf(reader, row)));
  const assignments = assignmentsOf(app, alert);
  const routes: RouteStanding[] = [];
  for (const assignment of assignments) {
    if (groups === undefined || groups.includes(assignment.id))
      routes.push(await standing(app, reader, locate, known, assignment));
  }
  // Groups from before the configuration was changed: they live on under routes that would not be taken now.
  for (const id of groups ?? []) {
    if (assignments.some((assignment) => assignment.id === id)) continue;
    const before = await reader.group(id);
    if (before === undefined) continue;
    const { route, incident, values } = before.group;
    routes.push(await standing(app, reader, locate, known, { id, route: app.router.byId(route), incident, values }));
  }
  for (const one of routes) one.notified ||= deliveries.some(({ channel }) => one.channels.includes(channel));
  return { routes, deliveries };
}

/** `route` is undefined where the configuration has it no more. */
type KnownSeat = Omit<Assignment, "route"> & { route: RouteConfig | undefined };

async function standing(
  app: App,
  reader: Reader,
  locate: Locate,
  { alert, groups }: { alert: Alert; groups: readonly string[] | undefined },
  { id, route, incident, values }: KnownSeat,
): Promise<RouteStanding> {
  const known = await reader.group(id);
  const own = known?.members.find((member) => member.id === alert.id);
  // The alert is not there yet: it would join.
  const member = own ?? (groups === undefined ? newMember(alert) : undefined);
  const notified = own?.notified === "firing";
  if (route === undefined) {
    return { route: null, at: null, channels: [], group: values, notified, heldBy: null, next: null, escalation: null };
  }
  const now = app.clock.now();
  const [hold] = (await readHolds(app, [alert])).of(alert, route, now);
  const group = known?.group ?? newGroup(route.id, incident, values, now);
  const place = placeOf(app, route);
  return {
    route: formatPlace(place),
    at: locate(place),
    channels: channelsOf(app, route, incident),
    group: values,
    notified,
    heldBy:
      hold && member
        ? {
            kind: hold.kind,
            by: hold.by,
            at: hold.place && locate(hold.place),
            until: hold.ends ?? null,
          }
        : null,
    next: hold || !member ? null : nextNotice(),
    escalation:
      hold || !own?.notified ? null : await nextStep(app, reader, { alert, groups }, { route, group, member: own }),
  };

  function nextNotice(): RouteStanding["next"] {
    const canResolve = ruleOf(app, alert.rule)?.canResolve ?? false;
    const all = [{ member: member!, alert, canResolve, hold: undefined }];
    // It may have to look again before it notifies: the end of its poll round comes first.
    for (let at = now; ; ) {
      const { notice, due } = decide(group, { ...route!, ...wantsOf(app, route!, group) }, all, at);
      if (notice) return { at: iso(at), reason: notice.reason };
      if (due === undefined || due <= at) return null;
      at = due;
    }
  }
}

/** The first step of the route's `escalate` that the alert has not taken and will take. */
async function nextStep(
  app: App,
  reader: Reader,
  { alert, groups = [] }: { alert: Alert; groups: readonly string[] | undefined },
  { route, group, member }: { route: RouteConfig; group: Group; member: Member },
): Promise<RouteStanding["escalation"]> {
  if (alert.status !== "firing" || alert.acknowledgedBy !== null) return null;
  const all = await Promise.all(groups.map((id) => reader.group(id)));
  const joined = all.flatMap((one) => (one?.members.some(({ id }) => id === alert.id) ? one.group : []));
  for (const step of app.router.steps(route)) {
    if (joined.some((one) => isOfStep(app, step, one))) continue;
    return { at: iso(escalationDue(member, group, step.after)), channels: step.route.channels };
  }
  return null;
}

function newMember({ id }: Alert): Member {
  return { id, pk: "", sk: "", notified: null, count: 0, held: null };
}

async function viewOf(reader: Reader, row: Delivery): Promise<ExplainedDelivery> {
  const previous = row.previous === null ? undefined : await reader.delivery(row.previous);
  const ended = row.status === "pending" ? undefined : row.endedAt;
  return {
    ...viewDelivery(row),
    reason: row.notification.reason,
    endedAt: ended === undefined ? null : iso(ended),
    behind: previous?.status === "pending" ? previous.id : null,
    fallback: row.fallback ?? null,
  };
}
