// What became of every alert on every channel it is routed to: each is notified, pending, held back or
// dead, and nothing is left over.

import { groupPartition, type Member, type Suppressed } from "../../alerts/group.ts";
import type { Alert } from "../../model/alert.ts";
import { rulePartition } from "../../rules/compile.ts";
import { type Delivery, listDeliveries } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
import { foldGroup, type GroupRow } from "../groups/inbox.ts";
import { inPieces } from "../persistence/in-pieces.ts";
import { ENDED, type EndedRow, type RuleRow } from "../persistence/rows.ts";

/** Alerts by what became of them: alerts = notified + pending + the sum of held + dead + passed. */
export interface ChannelCounts {
  alerts: number;
  /** In a delivered message. */
  notified: number;
  /** On its way, or waiting for its group's time. */
  pending: number;
  held: Suppressed;
  dead: number;
  /** Nothing to notify: it came and went before an incident was due, or its rule was removed. */
  passed: number;
}

/** Counts the alerts that are open or ended within `history`. */
export async function channelLedger(app: App): Promise<Record<string, ChannelCounts>> {
  const entries = await allAlerts(app);
  const fates = fatesOf(await listDeliveries(app, ({ channel, status, alerts }) => [{ channel, status, alerts }]));
  const members = await memberRows(app, entries);
  const ledger: Record<string, ChannelCounts> = {};
  for (const name of app.channels.keys()) {
    const held: Suppressed = { silenced: 0, muted: 0, inhibited: 0 };
    ledger[name] = { alerts: 0, notified: 0, pending: 0, held, dead: 0, passed: 0 };
  }
  for (const { id, own, steps, groups } of entries) {
    // Those that it was escalated to; others expect nothing of it.
    for (const name of steps) {
      const fate = own.has(name) ? undefined : fates.get(`${name}/${id}`);
      if (fate !== undefined) count(ledger[name]!, fate, undefined);
    }
    const joined = groups.flatMap((group) => members.get(`${group}/${id}`) ?? []);
    const waiting = joined.find(({ notified }) => notified === null);
    for (const name of own) count(ledger[name]!, fates.get(`${name}/${id}`), waiting);
  }
  return ledger;
}

/** One more alert; `waiting`: as a member of a group that is still to be notified of it. */
function count(counts: ChannelCounts, fate: Fate | undefined, waiting: Member | undefined): void {
  counts.alerts++;
  if (fate !== undefined) counts[fate]++;
  else if (waiting?.held) counts.held[waiting.held]++;
  else if (waiting) counts.pending++;
  else counts.passed++;
}

/** An alert: the channels of its routes, those that it may be escalated to, and its groups. */
interface Entry {
  id: string;
  own: ReadonlySet<string>;
  steps: ReadonlySet<string>;
  groups: readonly string[];
}

function entryOf(app: App, alert: Alert, groups: readonly string[]): Entry {
  const routes = app.router.routes(alert);
  const own = new Set(routes.flatMap(({ channels }) => channels));
  const steps = new Set(routes.flatMap(({ escalate }) => escalate.flatMap(({ channels }) => channels)));
  return { id: alert.id, own, steps, groups };
}

async function allAlerts(app: App): Promise<Entry[]> {
  const entries = new Map<string, Entry>();
  for await (const rows of inPieces<EndedRow>(app.store, ENDED)) {
    for (const { data } of rows) entries.set(data.alert.id, entryOf(app, data.alert, data.groups));
  }
  for (const rule of [...app.rules.all, app.healthRule]) {
    for await (const rows of inPieces<RuleRow>(app.store, rulePartition(rule))) {
      for (const { data } of rows) {
        const { alert } = data.state;
        if (alert?.status === "firing") entries.set(alert.id, entryOf(app, alert, data.groups));
      }
    }
  }
  return [...entries.values()];
}

type Fate = "notified" | "pending" | "dead";

/** The best that became of an alert on a channel, by `channel/alert`. */
function fatesOf(deliveries: readonly Pick<Delivery, "channel" | "status" | "alerts">[]): Map<string, Fate> {
  const order: Record<Delivery["status"], [rank: number, fate: Fate]> = {
    dead: [0, "dead"],
    pending: [1, "pending"],
    delivered: [2, "notified"],
  };
  const fates = new Map<string, Fate>();
  for (const row of deliveries.toSorted((a, b) => order[a.status][0] - order[b.status][0])) {
    for (const alert of row.alerts) fates.set(`${row.channel}/${alert}`, order[row.status][1]);
  }
  return fates;
}

/** The members of every group that one of the alerts is in, by `group/alert`. */
async function memberRows(app: App, entries: readonly Entry[]): Promise<Map<string, Member>> {
  const members = new Map<string, Member>();
  for (const id of new Set(entries.flatMap(({ groups }) => groups))) {
    const known = foldGroup(await app.store.list<GroupRow>(groupPartition(id)));
    for (const member of known.group ? known.members : []) members.set(`${id}/${member.id}`, member);
  }
  return members;
}
