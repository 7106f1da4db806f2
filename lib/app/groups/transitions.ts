// Transitions into rows: the state of each rule and key, ended alerts, and the groups that must be
// looked at, all in one unit.
import type { MemberAlert } from "../../alerts/decide.ts";
import { bucketOf, type Group, groupPartition, HEAD, type Member, ROUND_WAIT_MS } from "../../alerts/group.ts";
import { nextDue, roundDue } from "../../alerts/next-due.ts";
import type { Alert } from "../../model/alert.ts";
import { hashOf } from "../../model/hash.ts";
import { newestEvents } from "../../rules/alert.ts";
import { type CompiledRule, rulePartition, stateRow } from "../../rules/compile.ts";
import type { KeyState, Transition } from "../../rules/state.ts";
import type { Key } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { putEnd } from "../persistence/by-time.ts";
import { type StrayRow, strayKey } from "../persistence/delivery-rows.ts";
import { type EndedRow, endedKey, type RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { stillAcknowledged, withAcknowledgement } from "./acknowledged.ts";
import { type Assignment, assignmentsOf } from "./assignments.ts";
import { type InboxEntry, type LoadedGroup, putInbox } from "./inbox.ts";
import { putInhibitors } from "./inhibition.ts";

const DAY = 86_400_000;
/** Alerts that leave a group in one commit, where its route is gone: each has rows of its own. */
const MOVED = 16;

/** One rule and key whose state changed in this unit. */
export interface Change {
  rule: CompiledRule;
  state: KeyState;
  transitions: Transition[];
  /** Nothing of the key has matched yet. */
  isUnmatched?: boolean;
}

/**
 * Puts the changed states and everything their transitions lead to. Returns the ids of the groups that now
 * have something due. What a poll `round` leads to waits for its end, which is made known with the
 * doorbell, at most ROUND_WAIT_MS.
 */
export async function putChanges(
  app: App,
  unit: Unit,
  changes: readonly Change[],
  now: number,
  round?: string,
): Promise<string[]> {
  await unit.load(changes.flatMap((change) => pastAlerts(unit, change)).map(endedKey));
  const plans = changes.map((change) => planOf(app, unit, change));
  await unit.load(plans.flatMap(({ wakes }) => wakes.map(headKey)));
  const again = plans.flatMap(({ reopened }) => reopened.map(endedKey));
  await unit.load([...plans.flatMap(({ ended }) => ended.map(({ alert }) => endedKey(alert.id))), ...again]);
  for (const key of again) unit.delete(key);
  const steppings = plans.map(({ change, row }) => ({ before: rowBefore(unit, change), after: row }));
  const woken = await putInhibitors(app, unit, steppings, now, round);
  const entries: InboxEntry[] = [];
  for (const { change, row, joins, wakes, ended } of plans) {
    entries.push(...joins.map((join) => joining(join, now, { ...NOT_NOTIFIED, count: join.counted ?? 0 }, round)));
    entries.push(...wakes.flatMap((id) => waking(app, unit, id, change, now, round) ?? []));
    for (const end of ended) {
      unit.put(endedKey(end.alert.id), end, { expires: now + app.config.history });
      putEnd(app, unit, end, now);
    }
    putState(unit, change.rule, row, now);
  }
  const names = changes.slice(0, 1).map(({ rule, state }) => stateRow(rule, state.key));
  const name = hashOf([names.map((key) => [key.pk, key.sk, unit.version(key)]), now], 16);
  return [...putInbox(app, unit, name, entries, now), ...woken];
}

/** An alert joins a group. */
export interface Join extends Assignment {
  alert: Alert;
  state: Key;
  /** What was notified of it before it was opened again. */
  counted?: number;
}

/** Alerts that something late was found about, after others of their key: what their rows know is needed. */
function pastAlerts(unit: Unit, { rule, state, transitions }: Change): string[] {
  const before = unit.value<RuleRow>(stateRow(rule, state.key))?.state;
  const ids = [...transitions.map(({ alert }) => alert.id), ...(state.alert ? [state.alert.id] : [])];
  return [...new Set(ids)].filter(
    (id) => id !== before?.alert?.id && before?.older.some(({ alert }) => alert.id === id),
  );
}

/** What is known of a key's alerts keeps no events of the older ones: their own rows do. */
function restored(unit: Unit, { rule, state, transitions }: Change): Pick<Change, "state" | "transitions"> {
  const older = new Set(pastAlerts(unit, { rule, state, transitions }));
  if (older.size === 0) return { state, transitions };
  const whole = (alert: Alert): Alert => {
    const before = older.has(alert.id) ? unit.value<EndedRow>(endedKey(alert.id))?.alert : undefined;
    return before ? { ...alert, events: newestEvents([...before.events, ...alert.events]) } : alert;
  };
  return {
    state: state.alert ? { ...state, alert: whole(state.alert) } : state,
    transitions: transitions.map((one) => ({ ...one, alert: whole(one.alert) })),
  };
}

function rowBefore(unit: Unit, { rule, state }: Change): RuleRow | undefined {
  return unit.value<RuleRow>(stateRow(rule, state.key));
}

function planOf(app: App, unit: Unit, change: Change) {
  const before = rowBefore(unit, change);
  const { state: after, transitions } = restored(unit, change);
  const known = before ? [before.state.alert ?? [], before.state.older.map(({ alert }) => alert)].flat() : [];
  const groups = new Map<string, string[]>();
  const groupsOf = (id: string) => groups.get(id) ?? unit.value<EndedRow>(endedKey(id))?.groups ?? [];
  const joins: Join[] = [];
  const wakes = new Set<string>();
  const ended = new Map<string, EndedRow>();
  const reopened = new Set<string>();
  if (before?.state.alert) groups.set(before.state.alert.id, before.groups);
  for (const { kind, alert } of transitions) {
    if (kind === "opened") {
      const earlier = known.find(({ id }) => id === alert.id);
      if (ended.delete(alert.id) || earlier) reopened.add(alert.id);
      const opened = joinsOf(app, change.rule, change.state.key, alert);
      joins.push(...opened.map((join) => (earlier ? { ...join, counted: earlier.count } : join)));
      // Those that it was escalated to, and that have not heard of its end, go on with it.
      groups.set(alert.id, [...new Set([...opened.map(({ id }) => id), ...groupsOf(alert.id)])]);
    }
    const own = groupsOf(alert.id);
    if (kind !== "opened") for (const id of own) wakes.add(id);
    if (alert.status === "resolved") ended.set(alert.id, { alert: stillAcknowledged(before, alert), groups: own });
  }
  const state = withAcknowledgement(before, after, reopened);
  const row: RuleRow = { state, groups: state.alert ? groupsOf(state.alert.id) : [] };
  if (change.isUnmatched) row.unmatched = true;
  return { change, row, joins, wakes: [...wakes], ended: [...ended.values()], reopened: [...reopened] };
}

function joinsOf(app: App, rule: CompiledRule, key: Record<string, unknown>, alert: Alert): Join[] {
  const state = stateRow(rule, key);
  return assignmentsOf(app, alert).map((assignment) => ({ ...assignment, alert, state }));
}

export function headKey(id: string): Key {
  return { pk: groupPartition(id), sk: HEAD };
}

type Notified = Pick<Member, "notified" | "count" | "held" | "notifiedAt">;
const NOT_NOTIFIED: Notified = { notified: null, count: 0, held: null };

/** An alert joins a group, as notified as it is; what a poll `round` leads to waits for its end. */
export function joining(join: Join, now: number, notified: Notified, round?: string): InboxEntry {
  const { notified: status, count, held, notifiedAt } = notified;
  const { pk, sk } = join.state;
  const from = round === undefined ? {} : { round };
  const member: Member = { id: join.alert.id, pk, sk, notified: status, count, held, at: now, ...from };
  if (notifiedAt !== undefined) member.notifiedAt = notifiedAt;
  return {
    id: join.id,
    due: lookAt(now, round),
    joins: { of: { route: join.route.id, values: join.values, incident: join.incident }, member },
  };
}

/** When a group looks at its inbox, where it does not hear before that the round is over; ms. */
function lookAt(now: number, round: string | undefined): number {
  return round === undefined ? now : roundDue({ at: now });
}

/**
 * The group's route is no longer in the configuration: its alerts join the groups that route them now, as notified as
 * they were, so many in one commit; with the last of them the group ends. Returns whether there are more.
 */
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
    // What was notified goes on with the same kind of channels; what was not goes to all.
    const ways = assignmentsOf(app, alert)
      .filter((assignment) => member.notified === null || assignment.incident === group.incident)
      .map((assignment): Join => ({ ...assignment, alert, state: member }));
    // Where a step of `escalate` has gone, it is in the others already.
    const known = groupsNow(unit, member, alert);
    return [{ member, alert, ways, joins: ways.filter(({ id }) => !known.includes(id)) }];
  });
  for (const { member, alert, ways } of moves) noteLeft(unit, group, member, alert, ways);
  const entries = moves.flatMap(({ member, joins }) => joins.map((join) => joining(join, now, member)));
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

/** The groups that the alert is in, or was in as it ended: its rows are loaded. */
function groupsNow(unit: Unit, member: Member, { id }: Alert): readonly string[] {
  const row = unit.value<RuleRow>(member);
  return (row?.state.alert?.id === id ? row : unit.value<EndedRow>(endedKey(id)))?.groups ?? [];
}

/** An incident that none of the alert's routes leads to any more is closed when the alert ends. */
function noteLeft(unit: Unit, group: Group, { notified }: Member, { id }: Alert, joins: readonly Join[]) {
  if (!group.incident || notified === null) return;
  for (const [channel, last] of Object.entries(group.newest)) {
    if (joins.some(({ route }) => route.channels.includes(channel))) continue;
    unit.create(strayKey(channel, id), { channel, alert: id, last } satisfies StrayRow);
  }
}

/** Writes a group's members, those of a bucket in one row. */
export function putMembers(unit: Unit, id: string, before: readonly Member[], after: readonly Member[]): void {
  const buckets = new Map<string, Member[]>(before.map((member) => [bucketOf(member.id), []]));
  for (const member of after) buckets.get(bucketOf(member.id))!.push(member);
  for (const [sk, members] of buckets) {
    const key: Key = { pk: groupPartition(id), sk };
    if (members.length === 0) unit.delete(key);
    else if (JSON.stringify(members) !== JSON.stringify(unit.value(key))) unit.put(key, members);
  }
}

/** The rule of an alert, Lookout's own included; undefined where the configuration has it no more. */
export function ruleOf(app: App, id: string): CompiledRule | undefined {
  return id === app.healthRule.config.id ? app.healthRule : app.rules.byId.get(id);
}

/**
 * Looks at a group again because one of its alerts ended, or counted on after the group's repeat interval: one that
 * decides at this very moment may count it or not, so a minute before counts as after.
 */
function waking(app: App, unit: Unit, id: string, change: Change, now: number, round?: string): InboxEntry | undefined {
  const group = unit.value<Group>(headKey(id));
  const ends = change.transitions.some(({ kind }) => kind === "resolved" || kind === "closed");
  // Without its head it has only an inbox, if anything: an alert that counted on is decided as it is then.
  if (group === undefined) return ends ? { id, due: lookAt(now, round) } : undefined;
  const route = app.router.byId(group.route);
  if (route === undefined) return { id, due: now };
  if (ends) return { id, due: lookAt(now, group.incident ? undefined : round) };
  if (group.incident || group.lastAt === null) return undefined;
  return now + ROUND_WAIT_MS < nextDue(group, route, now).repeat ? undefined : { id, due: now };
}

function putState(unit: Unit, rule: CompiledRule, row: RuleRow, now: number): void {
  const key: Key = { pk: rulePartition(rule), sk: stateRow(rule, row.state.key).sk };
  const due = row.state.next?.due;
  if (due !== undefined || row.state.alert?.status === "firing") {
    unit.put(key, row, due === undefined ? {} : { queue: "timer", due });
    return;
  }
  // Nothing is open: the row serves late events only. A day more covers a catch-up that was interrupted.
  const memory = row.unmatched ? 0 : rule.memory;
  unit.put(key, row, { expires: now + memory + rule.lateness + DAY });
}
