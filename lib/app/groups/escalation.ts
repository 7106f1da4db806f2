// The steps of `escalate` that an alert has not taken yet, and how it takes one: it joins that step's groups.
import type { Escalation } from "../../alerts/decide.ts";
import type { Step } from "../../alerts/escalate.ts";
import { bucketOf, type Group, groupId, groupPartition, HEAD, type Member } from "../../alerts/group.ts";
import { escalationDue } from "../../alerts/next-due.ts";
import { groupValues } from "../../alerts/route.ts";
import type { Alert } from "../../model/alert.ts";
import type { RouteConfig } from "../../model/config.ts";
import type { Key } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { type Assignment, channelsOf } from "./assignments.ts";
import { putInbox } from "./inbox.ts";
import { joining } from "./transitions.ts";

/** Where the alert goes with such a step, as far as its routes have it. */
export function seatsOfStep(app: App, step: string, alert: Alert): Assignment[] {
  const steps = app.router.routes(alert).flatMap((route) => app.router.steps(route));
  return steps.filter(({ route }) => route.step === step).flatMap(({ route }) => assignmentsOn(app, route, alert));
}

/**
 * Whether who is in the group has taken the step: whatever it groups by, and where its route has gone from the
 * configuration, so that it is to be moved, as long as the step is the same.
 */
export function isOfStep({ router }: Pick<App, "router">, { route }: Step, group: Group): boolean {
  if (group.route === route.id) return true;
  return group.step === route.step && router.byId(group.route) === undefined;
}

/** Where the alert goes with a step's route: into a group for messages, and one for incidents. */
function assignmentsOn(app: App, route: RouteConfig, alert: Alert): Assignment[] {
  return [false, true].flatMap((incident): Assignment[] => {
    if (channelsOf(app, route, incident).length === 0) return [];
    const values = incident ? { alert: alert.id } : groupValues(route, alert);
    return [{ id: groupId(route.id, incident, values), route, incident, values }];
  });
}

/** The rows that say whether the alert is in the group, and which one that is. */
function rowsIn(group: string, alert: Alert): { bucket: Key; head: Key } {
  const pk = groupPartition(group);
  return { bucket: { pk, sk: bucketOf(alert.id) }, head: { pk, sk: HEAD } };
}

/** The alerts of which steps may have been taken, by time: the rows that say so are loaded. */
export async function loadSteps(
  app: App,
  unit: Unit,
  { group, route }: { group: Group; route: RouteConfig },
  all: readonly { member: Member; alert: Alert | undefined }[],
  now: number,
): Promise<void> {
  const steps = app.router.steps(route);
  const keys = all.flatMap(({ member, alert }) => {
    if (alert?.status !== "firing" || member.notified === null) return [];
    if (!steps.some(({ after }) => escalationDue(member, group, after) <= now)) return [];
    return groupsOf(unit, member).flatMap((id) => Object.values(rowsIn(id, alert)));
  });
  await unit.load(keys);
}

/** The steps that the alert has not taken yet. The rows that say so are loaded (loadSteps). */
export function stepsLeft(
  app: App,
  unit: Unit,
  route: RouteConfig,
  { member, alert }: { member: Member; alert: Alert },
): Step[] {
  const steps = app.router.steps(route);
  if (steps.length === 0) return [];
  const groups = groupsOf(unit, member).flatMap((id): Group[] => {
    const { bucket, head } = rowsIn(id, alert);
    const group = unit.value<Group>(head);
    return group && unit.value<Member[]>(bucket)?.some((one) => one.id === alert.id) ? [group] : [];
  });
  return steps.filter((step) => !groups.some((group) => isOfStep(app, step, group)));
}

/** The groups that the alert of the rule's row is in. */
function groupsOf(unit: Unit, member: Member): readonly string[] {
  return unit.value<RuleRow>(member)?.groups ?? [];
}

/** Alerts take steps. Returns the ids of the groups that they joined, which are due. */
export function takeSteps(app: App, unit: Unit, escalations: readonly Escalation[], now: number): string[] {
  const joins = escalations.flatMap(({ step, alert, member }) =>
    assignmentsOn(app, step.route, alert).map((assignment) => ({ ...assignment, alert, state: member })),
  );
  // Taken again before its group has seen it, the step writes the same row.
  for (const own of Map.groupBy(joins, ({ alert }) => alert.id).values()) {
    const entries = own.map((join) => joining(join, now, { notified: null, count: 0, held: null }));
    putInbox(app, unit, `step/${own[0]!.alert.id}`, entries, now);
  }
  for (const { alert, member } of escalations) {
    const row = unit.value<RuleRow>(member);
    if (row?.state.alert?.id !== alert.id) continue;
    const own = joins.filter((join) => join.alert.id === alert.id).map(({ id }) => id);
    const due = unit.due(member);
    const groups = [...new Set([...row.groups, ...own])];
    unit.put({ pk: member.pk, sk: member.sk }, { ...row, groups }, due === undefined ? {} : { queue: "timer", due });
  }
  return joins.map(({ id }) => id);
}
