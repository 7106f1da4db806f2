// The steps of `escalate` that an alert has not taken yet, and how it takes one: it joins that step's groups.
import type { Escalation } from "../../alerts/decide.ts";
import type { Step } from "../../alerts/escalate.ts";
import { bucketOf, type Group, groupId, groupPartition, type Member } from "../../alerts/group.ts";
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

/** Where the alert goes with the step: into a group for messages, and one for incidents. */
export function seatsOfStep(app: App, { route }: Pick<Step, "route">, alert: Alert): Assignment[] {
  return [false, true].flatMap((incident): Assignment[] => {
    if (channelsOf(app, route, incident).length === 0) return [];
    const values = incident ? { alert: alert.id } : groupValues(route, alert);
    return [{ id: groupId(route.id, incident, values), route, incident, values }];
  });
}

function bucketKey({ id }: Assignment, alert: Alert): Key {
  return { pk: groupPartition(id), sk: bucketOf(alert.id) };
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
    const passed = steps.filter(({ after }) => escalationDue(member, group, after) <= now);
    return passed.flatMap((step) => seatsOfStep(app, step, alert).map((one) => bucketKey(one, alert)));
  });
  await unit.load(keys);
}

/** The steps that the alert has not taken yet. The rows that say so are loaded (loadSteps). */
export function stepsLeft(app: App, unit: Unit, route: RouteConfig, alert: Alert): Step[] {
  return app.router.steps(route).filter((step) => {
    return !seatsOfStep(app, step, alert).some((one) => {
      return unit.value<Member[]>(bucketKey(one, alert))?.some(({ id }) => id === alert.id);
    });
  });
}

/** Alerts take steps. Returns the ids of the groups that they joined, which are due. */
export function takeSteps(app: App, unit: Unit, escalations: readonly Escalation[], now: number): string[] {
  const joins = escalations.flatMap(({ step, alert, member }) =>
    seatsOfStep(app, step, alert).map((assignment) => ({ ...assignment, alert, state: member })),
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
