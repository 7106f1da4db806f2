// A delivery takes in others of its channel that wait, where the channel's service takes fewer messages than there are:
// they leave as one, and each says which one took it in.
import { combine, isEscalation } from "../../alerts/fold.ts";
import type { Told } from "../../model/notification.ts";
import type { App } from "../deps.ts";
import { isTakenBack } from "../groups/taken-back.ts";
import { type DeliveryRow, deliveryKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { bothOf, knowing } from "./elsewhere.ts";
import { partsOf } from "./notifications.ts";

/** With which others it may share a message: those who are notified of an escalation are not those of the others. */
export type FoldsWith = "escalations" | "others";

/** What it may be folded with; undefined: nothing, for somebody may have read it, or it is to be taken back. */
export function foldsWith(row: DeliveryRow): FoldsWith | undefined {
  const { attempts, putOff = 0, claim, fellBackAt, notification } = row;
  const untouched = attempts === putOff && claim === null && fellBackAt === undefined && !isTakenBack(row);
  if (!untouched || notification.test === true || notification.reason === "acknowledged") return undefined;
  return isEscalation(notification) ? "escalations" : "others";
}

/**
 * The delivery takes in as many of the others as one message can say, in their order; all are loaded. Returns their
 * ids. What waits for them waits for it from then on.
 */
export async function foldInto(app: App, unit: Unit, id: string, others: readonly string[]): Promise<string[]> {
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row?.status !== "pending" || foldsWith(row) === undefined) return [];
  const channel = app.channels.get(row.channel);
  if (channel === undefined) return [];
  const free = await foldable(app, unit, row, others);
  let count = free.length;
  const both = (): Told => {
    return combine([row.notification, ...free.slice(0, count).map(({ notification }) => notification)]);
  };
  while (count > 0 && partsOf(channel, both()).length !== 1) count >>= 1;
  if (count === 0) return [];
  const taken = free.slice(0, count);
  const notification = both();
  const [alerts = []] = partsOf(channel, notification);
  const since = [row, ...taken].flatMap(({ failedSince }) => failedSince ?? []);
  const { receipt: _ofOneGroup, ...own } = row;
  const known = [row, ...taken].map(({ elsewhere }) => elsewhere).reduce(bothOf, undefined);
  const whole: DeliveryRow = {
    ...knowing(own, known),
    ofSeveral: true,
    ...(since.length > 0 && { failedSince: Math.min(...since) }),
    giveUpAt: taken.reduce((latest, { giveUpAt }) => Math.max(latest, giveUpAt), row.giveUpAt),
    alerts: notification.alerts.map((alert) => alert.id),
    next: [...row.next, ...taken.flatMap(({ next }) => next)],
    notification: { ...notification, alerts },
  };
  unit.put(deliveryKey(id), whole, { queue: "delivery", due: unit.due(deliveryKey(id)) });
  await follow(unit, taken, id);
  const now = app.clock.now();
  for (const one of taken) {
    const folded: DeliveryRow = { ...one, status: "folded", into: id, next: [], nextAttemptAt: null, endedAt: now };
    unit.put(deliveryKey(one.id), folded, { expires: whole.giveUpAt + app.config.history });
  }
  return taken.map((one) => one.id);
}

/**
 * What came and went while several groups were held back is one message of each channel, as far as one can say it. The
 * deliveries were put in this unit. One that waits for another of its group makes no other group wait.
 */
export async function foldDigests(app: App, unit: Unit, ids: readonly string[]): Promise<void> {
  const digests = ids.filter((id) => {
    const key = deliveryKey(id);
    return unit.due(key) !== undefined && unit.value<DeliveryRow>(key)?.notification.reason === "digest";
  });
  const channels = Map.groupBy(digests, (id) => unit.value<DeliveryRow>(deliveryKey(id))!.channel);
  for (const own of channels.values()) {
    for (let [first, ...others] = own; first !== undefined; [first, ...others] = others) {
      const taken = new Set(await foldInto(app, unit, first, others));
      others = others.filter((id) => !taken.has(id));
    }
  }
}

/**
 * Those that nobody else has taken meanwhile, and that need not keep behind what the one before them led to; as many as
 * one commit takes, now and once it is delivered.
 */
async function foldable(
  { store }: Pick<App, "store">,
  unit: Unit,
  into: DeliveryRow,
  ids: readonly string[],
): Promise<DeliveryRow[]> {
  const most = Math.floor(store.limits.items / 4);
  const rows = ids.flatMap((id): DeliveryRow[] => {
    const row = unit.value<DeliveryRow>(deliveryKey(id));
    const isDue = row?.status === "pending" && unit.due(deliveryKey(id)) !== undefined;
    return isDue && foldsWith(row) === foldsWith(into) ? [row] : [];
  });
  const before = rows.flatMap(({ previous }) => (previous === null ? [] : [deliveryKey(previous)]));
  await unit.load(before);
  const free = rows.filter(({ previous }) => {
    return previous === null || unit.value<DeliveryRow>(deliveryKey(previous))?.fallback === undefined;
  });
  let waiting = into.next.length;
  return free.slice(0, most).filter((row) => {
    waiting += row.next.length;
    return waiting <= most;
  });
}

/** What waits behind the ones that were taken in waits behind the one that took them. */
async function follow(unit: Unit, taken: readonly DeliveryRow[], id: string): Promise<void> {
  const keys = taken.flatMap(({ next }) => next.map(deliveryKey));
  await unit.load(keys);
  for (const key of keys) {
    const waiting = unit.value<DeliveryRow>(key);
    if (waiting?.status === "pending") unit.put(key, { ...waiting, previous: id });
  }
}
