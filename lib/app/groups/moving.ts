// A group whose route is no longer in the configuration: its alerts join the groups that have them now, as notified as
// they were, and the group ends.
import type { MemberAlert } from "../../alerts/decide.ts";
import type { Before, Group, Member } from "../../alerts/group.ts";
import type { Alert } from "../../model/alert.ts";
import type { App } from "../deps.ts";
import { type StrayRow, strayKey } from "../persistence/delivery-rows.ts";
import { type EndedRow, endedKey, type RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { type Assignment, assignmentsOf } from "./assignments.ts";
import { seatsOfStep } from "./escalation.ts";
import { type LoadedGroup, putInbox } from "./inbox.ts";
import { headKey, type Join, joining, putMembers } from "./transitions.ts";

/** Alerts that leave a group in one commit: each has rows of its own. */
const MOVED = 16;

/** Moves so many in one commit; with the last of them the group ends. Returns whether there are more. */
export function moveGroup(
  app: App,
  unit: Unit,
  { group, inbox }: LoadedGroup,
  members: readonly MemberAlert[],
  now: number,
): boolean {
  const moving = members.slice(0, MOVED);
  const moves = moving.flatMap(({ member, alert }) => {
    if (alert === undefined) return [];
    const known = groupsNow(unit, member, alert);
    const joins = waysOf(app, group, member, alert)
      .filter(({ id }) => !known.includes(id))
      .map((assignment): Join => ({ ...assignment, alert, state: member }));
    return [{ member, alert, joins }];
  });
  for (const { member, alert } of moves) noteLeft(app, unit, group, member, alert);
  const entries = moves.flatMap(({ member, joins }) =>
    joins.map((join) => ({ ...joining(join, now, member), before: beforeOf(group, member, join) })),
  );
  putInbox(app, unit, `from/${group.id}/${moving[0]?.member.id}`, entries, now);
  for (const { member, alert, joins } of moves) {
    const row = unit.value<RuleRow>(member);
    if (row?.state.alert?.id !== alert.id) continue;
    const groups = [...row.groups.filter((id) => id !== group.id), ...joins.map(({ id }) => id)];
    const due = unit.due(member);
    // What is kept of one that has ended expires.
    const options = due === undefined ? { expires: unit.expires(member) } : { queue: "timer" as const, due };
    unit.put({ pk: member.pk, sk: member.sk }, { ...row, groups }, options);
  }
  const staying = members.slice(MOVED).map(({ member }) => member);
  putMembers(
    unit,
    group.id,
    members.map(({ member }) => member),
    staying,
  );
  for (const key of inbox) unit.delete(key);
  if (staying.length === 0) unit.delete(headKey(group.id));
  else unit.put(headKey(group.id), group, { queue: "group", due: now });
  return staying.length > 0;
}

/**
 * Where the alert goes now: from a step of `escalate` into the same step, from elsewhere where its routes lead. What
 * was notified goes on with the same kind of channels; what was not goes to all.
 */
function waysOf(app: App, { step, incident }: Group, { notified }: Member, alert: Alert): Assignment[] {
  const ways = step === undefined ? assignmentsOf(app, alert) : seatsOfStep(app, step, alert);
  return ways.filter((way) => notified === null || way.incident === incident);
}

/** When those who hear of it now were notified last, and what is still on its way to them. */
function beforeOf({ lastAt, newest }: Group, { notified }: Member, { route }: Join): Before {
  const own = Object.entries(newest).filter(([channel]) => route.channels.includes(channel));
  return { lastAt: notified === null ? null : lastAt, newest: Object.fromEntries(own) };
}

/** The groups that the alert is in, or was in as it ended: its rows are loaded. */
function groupsNow(unit: Unit, member: Member, { id }: Alert): readonly string[] {
  const row = unit.value<RuleRow>(member);
  return (row?.state.alert?.id === id ? row : unit.value<EndedRow>(endedKey(id)))?.groups ?? [];
}

/** An incident that nothing of the alert's routes leads to any more is closed when the alert ends. */
function noteLeft(app: App, unit: Unit, group: Group, member: Member, alert: Alert): void {
  if (!group.incident || member.notified === null) return;
  const ways = [...waysOf(app, group, member, alert), ...assignmentsOf(app, alert)];
  for (const [channel, last] of Object.entries(group.newest)) {
    if (ways.some(({ route }) => route.channels.includes(channel))) continue;
    unit.create(strayKey(channel, alert.id), { channel, alert: alert.id, last } satisfies StrayRow);
  }
}
