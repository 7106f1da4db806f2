// Somebody takes care of an alert: from then on it is neither repeated nor escalated, until it is resolved.
import { groupPartition, HEAD } from "../../alerts/group.ts";
import type { AckLink } from "../../model/ack-link.ts";
import type { Alert } from "../../model/alert.ts";
import { iso } from "../../model/iso.ts";
import { rulePartition } from "../../rules/compile.ts";
import type { Key } from "../../store/port.ts";
import { acknowledgeStrays, straysOf } from "../delivery/closing.ts";
import { revokeEscalations } from "../delivery/revoke.ts";
import type { App } from "../deps.ts";
import { inboxOf, putRows } from "../groups/inbox.ts";
import { spentLinkKey } from "../persistence/on-call-rows.ts";
import type { RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";

/** A firing alert and the row that it stands in. */
export interface OpenAlert {
  alert: Alert;
  key: Key;
}

/** Every firing alert, with its row. */
export async function listOpen({ rules, healthRule, store }: App): Promise<OpenAlert[]> {
  const found: OpenAlert[] = [];
  for (const rule of [...rules.all, healthRule]) {
    for (const { pk, sk, data } of await store.list<RuleRow>(rulePartition(rule))) {
      if (data.state.alert?.status === "firing") found.push({ alert: data.state.alert, key: { pk, sk } });
    }
  }
  return found;
}

/**
 * Records that `by` takes care of the alert, or with null that nobody does any more. Whoever decides one of its groups
 * at the same time decides anew; escalations that have not left are taken back. Returns the alert as it is then,
 * undefined where it fires no more. `link`: a signed link that does it; throws SpentLink where it has done so before.
 */
export async function acknowledge(
  app: App,
  { alert: { id }, key }: { alert: Pick<Alert, "id">; key: Key },
  by: string | null,
  link?: AckLink,
): Promise<Alert | undefined> {
  return app.transact(async (unit) => {
    await unit.load([key]);
    if (link !== undefined) await spend(unit, link);
    const row = unit.value<RuleRow>(key);
    const alert = row?.state.alert;
    if (row === undefined || alert?.id !== id || alert.status !== "firing") return undefined;
    const due = unit.due(key);
    const { acknowledgedAt: _before, ...rest } = alert;
    const taken = by === null ? null : { acknowledgedBy: app.redact(by), acknowledgedAt: iso(app.clock.now()) };
    const changed: Alert = { ...rest, ...(taken ?? { acknowledgedBy: null }) };
    const next: RuleRow = { ...row, state: { ...row.state, alert: changed } };
    unit.put(key, next, due === undefined ? {} : { queue: "timer", due });
    await decideAnew(unit, id, row.groups, app.clock.now());
    if (by === null) return changed;
    const strays = await straysOf(app, unit, changed);
    await revokeEscalations(app, unit, row.groups, await acknowledgedIn(app, id));
    await acknowledgeStrays(app, unit, changed, strays);
    return changed;
  });
}

/**
 * Makes the alert's groups due. Whoever decides one of them at the same time finds its head changed, or what begins it;
 * where that has no row of its own yet, the group is decided once more.
 */
async function decideAnew(unit: Unit, alert: string, groups: readonly string[], now: number): Promise<void> {
  const heads = new Map(groups.map((id) => [id, { pk: groupPartition(id), sk: HEAD }]));
  await unit.load([...heads.values()]);
  for (const [id, head] of heads) {
    const begins = unit.value(head) === undefined ? inboxOf(await unit.list(head.pk)) : [];
    // Somebody may have decided it for the first time between the two reads: then its head is there.
    if (unit.value(head) === undefined && begins.length === 0) putRows(unit, `ack/${alert}`, [{ id, due: now }], now);
    for (const key of unit.value(head) === undefined ? begins : [head]) {
      unit.put(key, unit.value(key), { queue: "group", due: Math.min(now, unit.due(key) ?? now) });
    }
  }
}

/** A link that was used already. */
export class SpentLink extends Error {
  override name = "SpentLink";
}

async function spend(unit: Unit, { signature, expires }: AckLink): Promise<void> {
  const key = spentLinkKey(signature);
  await unit.load([key]);
  if (unit.value(key) !== undefined) throw new SpentLink("this link was used already: it works once");
  unit.put(key, {}, { expires });
}

/** The alerts that somebody takes care of, `id` among them. */
async function acknowledgedIn(app: App, id: string): Promise<(alertId: string) => boolean> {
  const open = await listOpen(app);
  const known = new Set(open.filter(({ alert }) => alert.acknowledgedBy !== null).map(({ alert }) => alert.id));
  return (alertId) => alertId === id || known.has(alertId);
}
