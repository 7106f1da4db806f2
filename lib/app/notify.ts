// From due groups to deliveries: one decision per group, its members and its deliveries in one commit.
import { decide, type MemberAlert } from "../alerts/decide.ts";
import { bucketOf, type Group, groupPartition, HEAD, type Member } from "../alerts/group.ts";
import type { Alert } from "../model/alert.ts";
import { rulePartition } from "../rules/compile.ts";
import type { Key } from "../store/port.ts";
import { putTelling } from "./deliveries.ts";
import type { App } from "./deps.ts";
import { drain } from "./drain.ts";
import { deliveryKey, type EndedRow, endedKey, type RuleRow } from "./rows.ts";
import { isFatal } from "./superseded.ts";
import { moveGroup, ruleOf } from "./transitions.ts";
import type { Unit } from "./unit.ts";

/** Decides every group that is due now, each once; one that fails stops no other. Returns how many deliveries that led to. */
export async function notifyDue(app: App, signal?: AbortSignal): Promise<number> {
  let made = 0;
  for await (const rows of drain<Group>(app, "group", signal)) {
    for (const { data } of rows) {
      if (signal?.aborted) return made;
      try {
        made += await notifyGroup(app, data.id);
      } catch (error) {
        if (isFatal(error)) throw error;
        app.log.error("group not decided; it stays due", { group: data.id, error: (error as Error).message });
      }
    }
  }
  return made;
}

/** Decides one group, due or not. Returns how many deliveries it led to. */
export async function notifyGroup(app: App, id: string): Promise<number> {
  const pk = groupPartition(id);
  return app.transact(async (unit) => {
    const rows = await unit.list<Group | Member[]>(pk);
    const head = rows.find((row) => row.sk === HEAD);
    if (head === undefined) return 0;
    const group = head.data as Group;
    const members = rows.filter((row) => row.sk !== HEAD).flatMap((row) => row.data as Member[]);
    const route = app.router.byId(group.route);
    const now = app.clock.now();
    const alerts = await memberAlerts(app, unit, members);
    if (route === undefined) {
      await moveGroup(app, unit, group, alerts, now);
      return 0;
    }
    const held = alerts.map((entry) => ({
      ...entry,
      hold: entry.alert && app.suppression.hold(entry.alert, route, now),
    }));
    const decision = decide(group, route, held, now);

    if (decision.tell) await unit.load(Object.values(group.lanes).map(deliveryKey));
    const deliveries = decision.tell ? await putTelling(app, unit, group, route, decision.tell, now) : [];
    const waiting = Object.fromEntries(Object.entries(group.waiting).filter(([, until]) => until > now));
    const lanes = { ...group.lanes, ...Object.fromEntries(deliveries) };
    const told = decision.tell ? { lastAt: now, sequence: group.sequence + 1, lanes } : {};
    const next: Group = { ...group, ...told, waiting };
    putMembers(unit, pk, members, decision.members);
    if (decision.members.length === 0) unit.delete({ pk, sk: HEAD });
    else unit.put({ pk, sk: HEAD }, next, { queue: "group", due: decision.due });
    return deliveries.length;
  });
}

async function memberAlerts(app: App, unit: Unit, members: readonly Member[]): Promise<MemberAlert[]> {
  const gone = new Set(members.filter((member) => !isCurrent(app, member)));
  const current = members.filter((member) => !gone.has(member));
  await unit.load(current);
  const open = (member: Member) => {
    const alert = unit.value<RuleRow>(member)?.state.alert;
    return alert?.id === member.id ? alert : undefined;
  };
  await unit.load(current.filter((member) => open(member) === undefined).map(({ id }) => endedKey(id)));
  return members.map((member) => {
    if (gone.has(member)) return { member, alert: undefined, canResolve: false, hold: undefined };
    const alert: Alert | undefined = open(member) ?? unit.value<EndedRow>(endedKey(member.id))?.alert;
    const canResolve = (alert && ruleOf(app, alert.rule)?.canResolve) ?? false;
    return { member, alert, canResolve, hold: undefined };
  });
}

/** False where the member's rule was removed or changed: its alert has closed silently. */
function isCurrent(app: App, member: Member): boolean {
  return [...app.rules.all, app.healthRule].some((rule) => rulePartition(rule) === member.pk);
}

function putMembers(unit: Unit, pk: string, before: readonly Member[], after: readonly Member[]): void {
  const buckets = new Map<string, Member[]>(before.map((member) => [bucketOf(member.id), []]));
  for (const member of after) buckets.get(bucketOf(member.id))!.push(member);
  for (const [sk, members] of buckets) {
    const key: Key = { pk, sk };
    if (members.length === 0) unit.delete(key);
    else if (JSON.stringify(members) !== JSON.stringify(unit.value(key))) unit.put(key, members);
  }
}
