// From due groups to deliveries: one decision per group, its members and its deliveries in one
// commit, together with other groups'.
import { setImmediate } from "node:timers/promises";
import {
  type DecideOptions,
  type DecidingRoute,
  type Decision,
  decide,
  type MemberAlert,
} from "../../alerts/decide.ts";
import type { Group } from "../../alerts/group.ts";
import type { RouteConfig } from "../../model/config.ts";
import type { Key, Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { loadSteps, stepsLeft, takeSteps } from "../groups/escalation.ts";
import { goingSoon, keepEnded, readHolds, waitForHolders } from "../groups/holds.ts";
import type { LoadedGroup } from "../groups/inbox.ts";
import { loadAlerts, loadGroups, memberAlert } from "../groups/loaded-groups.ts";
import { moveGroup } from "../groups/moving.ts";
import { isLost } from "../groups/round.ts";
import { headKey, putMembers } from "../groups/transitions.ts";
import { idsOf, unfold } from "../groups/unfold.ts";
import { type ChannelRow, channelKey, type DeliveryRow, deliveryKey, newestKey } from "../persistence/delivery-rows.ts";
import { drain } from "../persistence/drain.ts";
import { isFatal } from "../persistence/superseded.ts";
import type { Unit } from "../persistence/unit.ts";
import { putDeliveries } from "./deliveries.ts";
import { foldDigests } from "./folding.ts";
import { keepNewest, withNewestBefore } from "./lane-end.ts";
import { claim } from "./outcomes.ts";

/** Groups of one commit, at most. */
const GROUPS = 128;
/** A small group's: its head, its members, two deliveries and their places in the list. */
const ITEMS_PER_GROUP = 6;

/** How groups are decided. */
export interface NotifyOptions extends DecideOptions {
  /** A group's first notification does not wait for company, as at the end of a single round. */
  atOnce?: boolean;
  /** Also groups that are due within so long, since what they wait for may have ended; ms. */
  ahead?: number;
  /** Once it aborts no more groups are decided; they stay due. */
  signal?: AbortSignal | undefined;
  /** Sends what each commit put into the queue while the next groups are decided. */
  handover?: Handover | undefined;
}

/** Who sends, as far as those who decide know it. */
export interface Handover {
  /** How many deliveries to a channel it would send at once: they are claimed as they are put. */
  room(channel: string): number;
  /**
   * Given what a commit put into the queue. Resolves when the next ones are welcome, which a slow
   * channel does not delay.
   */
  offer(rows: readonly Row<DeliveryRow>[]): Promise<void>;
}

/**
 * Decides every group that is due now, each once; one that fails stops no other. Returns how many
 * deliveries that led to.
 */
export async function notifyDue(app: App, options: NotifyOptions = {}): Promise<number> {
  let made = 0;
  for await (const rows of drain<unknown>(app, "group", options.signal, options.ahead)) {
    made += await notifyGroups(app, await idsOf(app, rows), options);
  }
  return made;
}

/**
 * Decides the groups, due or not, several in one commit. One that fails stops no other. Returns how
 * many deliveries that led to.
 */
export async function notifyGroups(app: App, ids: readonly string[], options: NotifyOptions = {}): Promise<number> {
  const { signal } = options;
  const distinct = await unfold(app, ids);
  const batch = Math.min(GROUPS, Math.max(1, Math.floor(app.store.limits.items / ITEMS_PER_GROUP)));
  let count = 0;
  for (let from = 0; from < distinct.length && !signal?.aborted; from += batch) {
    count += await notifyTogether(app, distinct.slice(from, from + batch), options);
    // Whoever sends comes in between, whatever the store.
    await setImmediate();
  }
  return count;
}

/**
 * Where the groups do not fit into one commit, or fail together, each half is decided by itself; of a single one, half
 * of what there is to say.
 */
async function notifyTogether(app: App, ids: readonly string[], options: NotifyOptions): Promise<number> {
  const { most = Number.POSITIVE_INFINITY } = options;
  try {
    const made = await app.transact(async (unit, abandon) => {
      const made = await decideGroups(app, unit, ids, options);
      const fits = unit.fits();
      if (!fits) abandon();
      return { ...made, fits };
    });
    if (made.fits) {
      if (made.queued.length > 0) await options.handover?.offer(made.queued);
      await keepEnded(app, made.going, options.signal);
      return made.count + (await notifyGroups(app, made.again, options));
    }
    const half = Math.floor(Math.min(most, made.named) / 2);
    if (ids.length === 1 && half > 0) return await notifyTogether(app, ids, { ...options, most: half });
    if (ids.length === 1) throw new Error("what it has to say exceeds one commit of the store");
  } catch (error) {
    if (isFatal(error)) throw error;
    if (ids.length === 1) {
      app.log.error("group not decided; it stays due", { group: ids[0], error: (error as Error).message });
      return 0;
    }
  }
  const half = ids.length >> 1;
  const first = await notifyTogether(app, ids.slice(0, half), options);
  const second = await notifyTogether(app, ids.slice(half), options);
  return first + second;
}

/** The deliveries that one commit led to. */
interface Made {
  count: number;
  /** Those that wait for no other. */
  queued: Row<DeliveryRow>[];
  /** How many alerts they name. */
  named: number;
  /** The groups that are due at once: alerts joined them, or there is more of them than one commit takes. */
  again: string[];
  /** Ended alerts that are held back and would be gone before long. */
  going: Key[];
}

/** Decides the groups within one unit; what they read is read together. */
async function decideGroups(
  app: App,
  unit: Unit,
  ids: readonly string[],
  { over = new Set(), most, atOnce, handover }: NotifyOptions,
): Promise<Made> {
  const { groups, again } = await loadGroups(app, unit, ids);
  const current = await loadAlerts(
    app,
    unit,
    groups.flatMap(({ members }) => members),
  );
  const now = app.clock.now();
  const entries = new Map(
    groups.map((one) => [one, one.members.map((member) => memberAlert(app, unit, member, current))]),
  );
  const holds = await readHolds(
    app,
    [...entries.values()].flatMap((all) => all.flatMap(({ alert }) => alert ?? [])),
  );
  const known = new Set([...over, ...lostRounds(app, groups)]);
  const decided: Decided[] = [];
  for (const [loaded, alerts] of entries) {
    const configured = app.router.byId(loaded.group.route);
    if (configured === undefined) {
      if (moveGroup(app, unit, loaded, alerts, now)) again.push(loaded.group.id);
      continue;
    }
    const route = { ...configured, ...(atOnce && { groupWait: 0 }), ...wantsOf(app, configured, loaded.group) };
    await loadSteps(app, unit, { ...loaded, route }, alerts, now);
    const held = alerts.map((entry): MemberAlert => {
      const { member, alert } = entry;
      if (alert === undefined) return entry;
      return { ...entry, hold: holds.of(alert, route, now)[0], steps: stepsLeft(app, unit, route, { member, alert }) };
    });
    decided.push({ ...loaded, route, held, decision: decide(loaded.group, route, held, now, { over: known, most }) });
  }
  const notice = decided.filter(({ decision }) => decision.notice !== undefined);
  const startOrEnd = notice.filter(({ group, decision }) => group.sequence === 0 || decision.members.length === 0);
  await unit.load(startOrEnd.map(({ group }) => newestKey(group.id)));
  for (const one of notice) one.group = await withNewestBefore(unit, one.group);
  await unit.load(notice.flatMap(({ group }) => Object.values(group.newest).map(deliveryKey)));
  const made: string[] = [];
  for (const one of decided) {
    const waitsOn = await waitForHolders(app, unit, holds, one.group.id, holdersOf(one), now);
    if (waitsOn) one.decision.due = now;
    made.push(...(await putDecision(app, unit, one, now)));
    if (one.decision.more || waitsOn) again.push(one.group.id);
  }
  const held = decided.flatMap((one) => one.held);
  const going = await goingSoon(unit, held, now);
  await foldDigests(app, unit, made);
  const steps = decided.flatMap(({ decision }) => decision.escalate);
  again.push(...takeSteps(app, unit, steps, now));
  const named = decided.flatMap(({ decision }) => [...(decision.notice?.alerts ?? []), ...decision.escalate]).length;
  return { count: made.length, queued: await queuedOf(app, unit, made, handover), named, again, going };
}

/**
 * What the route's incident channels want: what fires again, and after how long, and the news of an acknowledgement.
 */
export function wantsOf(
  { channels }: Pick<App, "channels">,
  route: RouteConfig,
  { incident }: Group,
): Pick<DecidingRoute, "resend" | "acknowledges"> {
  const types = incident ? route.channels.flatMap((name) => channels.get(name)?.type ?? []) : [];
  const resend = types.flatMap((type) => type.resend ?? []);
  return {
    ...(resend.length === 0 ? {} : { resend: Math.min(...resend) }),
    ...(types.some(({ acknowledges }) => acknowledges) ? { acknowledges: true } : {}),
  };
}

/** The rounds that ended with their process, among those that members of the groups wait for. */
function lostRounds(app: App, groups: readonly LoadedGroup[]): string[] {
  const rounds = new Set(groups.flatMap(({ members }) => members.flatMap(({ round }) => round ?? [])));
  return [...rounds].filter((round) => isLost(app, round));
}

/**
 * The deliveries among the given ones that wait for no other, as the commit writes them: claimed
 * where they are sent at once.
 */
async function queuedOf(
  app: App,
  unit: Unit,
  ids: readonly string[],
  handover: Handover | undefined,
): Promise<Row<DeliveryRow>[]> {
  const room = await roomsOf(app, unit, ids, handover);
  return ids.flatMap((id): Row<DeliveryRow>[] => {
    const key = deliveryKey(id);
    const due = unit.due(key);
    if (due === undefined) return [];
    const data = unit.value<DeliveryRow>(key)!;
    const left = room.get(data.channel) ?? 0;
    const claimed = left > 0 ? claim(app, unit, id, data.attempts) : undefined;
    room.set(data.channel, claimed ? left - 1 : left);
    return [{ ...key, version: 1, data: claimed ?? data, queue: "delivery", due }];
  });
}

/** How many deliveries to each channel are claimed as they are put: none where its last tries failed. */
async function roomsOf(
  app: App,
  unit: Unit,
  ids: readonly string[],
  handover: Handover | undefined,
): Promise<Map<string, number>> {
  const names = new Set(ids.map((id) => unit.value<DeliveryRow>(deliveryKey(id))!.channel));
  const room = new Map([...names].map((name) => [name, handover?.room(name) ?? 0]));
  const open = [...names].filter((name) => room.get(name)! > 0);
  await unit.load(open.map(channelKey));
  const now = app.clock.now();
  for (const name of open) {
    const row = unit.value<ChannelRow>(channelKey(name));
    if (row !== undefined && (row.failingSince !== null || (row.limitedUntil ?? 0) > now)) room.set(name, 0);
  }
  return room;
}

interface Decided extends LoadedGroup {
  route: RouteConfig;
  /** The members, with what holds them back. */
  held: readonly MemberAlert[];
  decision: Decision;
}

/** What the members that stay wait for, beyond the time. */
function holdersOf({ held, decision }: Decided): string[] {
  const staying = new Set(decision.members.map(({ id }) => id));
  return [...new Set(held.flatMap(({ member, hold }) => (staying.has(member.id) ? (hold?.holder ?? []) : [])))];
}

/** Puts what was decided. Returns the ids of the deliveries it led to. */
async function putDecision(
  app: App,
  unit: Unit,
  { group, members, inbox, route, decision }: Decided,
  now: number,
): Promise<string[]> {
  const head = headKey(group.id);
  const deliveries = decision.notice ? await putDeliveries(app, unit, group, route, decision.notice, now) : [];
  const newest = { ...group.newest, ...Object.fromEntries(deliveries) };
  const { more: _past, ...before } = group;
  const notified = decision.notice ? { lastAt: now, sequence: group.sequence + 1, newest } : {};
  const more = decision.more ? { more: decision.more } : {};
  putMembers(unit, group.id, members, decision.members);
  for (const key of inbox) unit.delete(key);
  if (decision.members.length === 0) {
    unit.delete(head);
    if (deliveries.length > 0) keepNewest(unit, { id: group.id, newest }, now);
  } else unit.put(head, { ...before, ...notified, ...more }, { queue: "group", due: decision.due });
  return deliveries.map(([, id]) => id);
}
