// Groups as they are decided: with their inboxes folded in, and their members' alerts as they are now.
import type { MemberAlert } from "../../alerts/decide.ts";
import { groupPartition, type Member } from "../../alerts/group.ts";
import type { Alert } from "../../model/alert.ts";
import { rulePartition } from "../../rules/compile.ts";
import type { App } from "../deps.ts";
import { type EndedRow, endedKey, type RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { foldGroup, type GroupRow, inboxOf, type LoadedGroup } from "./inbox.ts";
import { headKey, putMembers, ruleOf } from "./transitions.ts";

/**
 * The groups as they are, those left out that have ended. An inbox with too many rows is folded in part, and its group
 * decided `again`.
 */
export async function loadGroups(
  app: App,
  unit: Unit,
  ids: readonly string[],
): Promise<{ groups: LoadedGroup[]; again: string[] }> {
  const { items } = app.store.limits;
  const groups: LoadedGroup[] = [];
  const again: string[] = [];
  for (const rows of await Promise.all(ids.map((id) => unit.list<GroupRow>(groupPartition(id))))) {
    const whole = inboxOf(rows).length <= items / 11;
    const loaded = foldGroup(rows, whole ? undefined : items / 4);
    if (loaded.group !== undefined && whole) groups.push(loaded);
    else for (const key of loaded.inbox) unit.delete(key);
    if (loaded.group === undefined || whole) continue;
    putMembers(unit, loaded.group.id, loaded.members, loaded.members);
    unit.put(headKey(loaded.group.id), loaded.group, { queue: "group", due: app.clock.now() });
    again.push(loaded.group.id);
  }
  return { groups, again };
}

/**
 * Loads the members' alerts. Returns the partitions of the rules that there are: other members'
 * alerts have closed silently.
 */
export async function loadAlerts(app: App, unit: Unit, members: readonly Member[]): Promise<ReadonlySet<string>> {
  const current = new Set([...app.rules.all, app.healthRule].map(rulePartition));
  await unit.load(members.filter(({ pk }) => current.has(pk)));
  const ended = members.filter((member) => !current.has(member.pk) || openAlert(unit, member) === undefined);
  await unit.load(ended.map(({ id }) => endedKey(id)));
  return current;
}

function openAlert(unit: Unit, member: Member): Alert | undefined {
  const alert = unit.value<RuleRow>(member)?.state.alert;
  return alert?.id === member.id ? alert : undefined;
}

export function memberAlert(app: App, unit: Unit, member: Member, current: ReadonlySet<string>): MemberAlert {
  const isCurrent = current.has(member.pk);
  const alert = (isCurrent ? openAlert(unit, member) : undefined) ?? unit.value<EndedRow>(endedKey(member.id))?.alert;
  const rule = alert && ruleOf(app, alert.rule);
  if (isCurrent) return { member, alert, canResolve: rule?.canResolve ?? false, hold: undefined };
  return { member, alert, canResolve: false, hold: undefined, orphaned: rule ? "changed" : "removed" };
}
