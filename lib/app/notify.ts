// From due groups to deliveries: one decision per group, its members and its deliveries in one commit.
import { type DecideOptions, decide, type MemberAlert } from "../alerts/decide.ts";
import { bucketOf, type Group, groupPartition, HEAD, type Member } from "../alerts/group.ts";
import type { Alert } from "../model/alert.ts";
import { rulePartition } from "../rules/compile.ts";
import type { Key } from "../store/port.ts";
import { putTelling } from "./deliveries.ts";
import type { App } from "./deps.ts";
import { drain } from "./drain.ts";
import { type EndedRow, endedKey, type RuleRow } from "./rows.ts";
import { isFatal } from "./superseded.ts";
import { moveGroup, ruleOf } from "./transitions.ts";
import type { Unit } from "./unit.ts";

/** How groups are decided. */
export interface NotifyOptions extends DecideOptions {
  /** Nothing more is begun once it aborts: what is not decided stays due. */
  signal?: AbortSignal;
  /** A group's first notification does not wait for company, as at the end of a single round. */
  atOnce?: boolean;
}

/** Decides every group that is due now, each once; one that fails stops no other. Returns how many deliveries that led to. */
export async function notifyDue(app: App, options: NotifyOptions = {}): Promise<number> {
  let made = 0;
  await drain<Group>(app, "group", async (rows) => {
    made += await notifyGroups(
      app,
      rows.map(({ data }) => data.id),
      options,
    );
  });
  return made;
}

/** Decides these groups, due or not; one that fails stops no other. Returns how many deliveries that led to. */
export async function notifyGroups(app: App, ids: readonly string[], options: NotifyOptions = {}): Promise<number> {
  let made = 0;
  for (const id of ids) {
    if (options.signal?.aborted) break;
    try {
      made += await app.transact((unit) => notifyGroup(app, unit, id, options));
    } catch (error) {
      if (isFatal(error)) throw error;
      app.log.error("group not decided; it stays due", { group: id, error: (error as Error).message });
    }
  }
  return made;
}

/** Decides one group within the unit. Returns how many deliveries it leads to. */
async function notifyGroup(app: App, unit: Unit, id: string, { over, atOnce }: NotifyOptions): Promise<number> {
  const pk = groupPartition(id);
  const rows = await unit.list<Group | Member[]>(pk);
  const head = rows.find((row) => row.sk === HEAD);
  if (head === undefined) return 0;
  const group = head.data as Group;
  const members = rows.filter((row) => row.sk !== HEAD).flatMap((row) => row.data as Member[]);
  const configured = app.router.byId(group.route);
  const now = app.clock.now();
  const alerts = await memberAlerts(app, unit, members);
  if (configured === undefined) {
    await moveGroup(app, unit, group, alerts, now);
    return 0;
  }
  const route = atOnce ? { ...configured, groupWait: 0 } : configured;
  const held = alerts.map((entry) => ({
    ...entry,
    hold: entry.alert && app.suppression.hold(entry.alert, route, now),
  }));
  const decision = decide(group, route, held, now, over === undefined ? {} : { over });

  const deliveries = decision.tell ? await putTelling(app, unit, group, route, decision.tell, now) : [];
  const lanes = { ...group.lanes, ...Object.fromEntries(deliveries) };
  const notified = decision.tell ? { lastAt: now, sequence: group.sequence + 1, lanes } : {};
  putMembers(unit, pk, members, decision.members);
  if (decision.members.length === 0) unit.delete({ pk, sk: HEAD });
  else unit.put({ pk, sk: HEAD }, { ...group, ...notified }, { queue: "group", due: decision.due });
  return deliveries.length;
}

async function memberAlerts(app: App, unit: Unit, members: readonly Member[]): Promise<MemberAlert[]> {
  const open = (member: Member) => {
    const alert = isCurrent(app, member) ? unit.value<RuleRow>(member)?.state.alert : undefined;
    return alert?.id === member.id ? alert : undefined;
  };
  await unit.load(members.filter((member) => isCurrent(app, member)));
  await unit.load(members.filter((member) => open(member) === undefined).map(({ id }) => endedKey(id)));
  return members.map((member) => {
    const alert: Alert | undefined = open(member) ?? unit.value<EndedRow>(endedKey(member.id))?.alert;
    const rule = alert && ruleOf(app, alert.rule);
    if (!isCurrent(app, member)) {
      return { member, alert, canResolve: false, hold: undefined, orphaned: rule ? "changed" : "removed" };
    }
    return { member, alert, canResolve: rule?.canResolve ?? false, hold: undefined };
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
