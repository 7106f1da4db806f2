// The only place that sends: a due delivery is claimed, sent, and its outcome recorded, so that a retry carries the same id and
// nothing is sent that was not recorded before.
import type { HttpRequest, Outcome } from "../channels/port.ts";
import { sendHttp } from "../channels/send.ts";
import type { Row } from "../store/port.ts";
import { GIVE_UP_MS, putFallback } from "./deliveries.ts";
import type { App, Channel } from "./deps.ts";
import { drain } from "./drain.ts";
import { DEAD, DELIVERIES, type DeadRow, type DeliveryRow, deadKey, deliveryKey } from "./rows.ts";
import type { Unit } from "./unit.ts";

const TIMEOUT_MS = 15_000;
/** How long a claimed delivery is left to its sender before another one tries: more than a send can take and clocks may differ by. */
const CLAIM_MS = 60_000;
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;

/**
 * Sends everything that is due, each delivery once: channels side by side, one after the other within a channel. Channels in
 * `busy` are left to whoever sends to them already. Returns the ids of what was tried.
 */
export async function deliverDue(app: App, signal: AbortSignal, busy = new Set<string>()): Promise<string[]> {
  const tried: string[] = [];
  async function sendAll(rows: readonly Row<DeliveryRow>[]): Promise<void> {
    const queues = Map.groupBy(rows, ({ data }) => data.channel);
    for (const { data } of rows) tried.push(data.id);
    await Promise.all([...queues].map(([channel, queue]) => sendQueue(app, channel, queue, signal, busy)));
  }
  const wanted = ({ data }: Row<DeliveryRow>) => !signal.aborted && !busy.has(data.channel) && !isClaimed(app, data);
  await drain(app, "delivery", sendAll, wanted);
  return tried;
}

async function sendQueue(
  app: App,
  channel: string,
  queue: readonly Row<DeliveryRow>[],
  signal: AbortSignal,
  busy: Set<string>,
): Promise<void> {
  busy.add(channel);
  try {
    for (const row of queue.toSorted((a, b) => a.data.createdAt - b.data.createdAt)) {
      if (signal.aborted) return;
      await attempt(app, row);
    }
  } catch (error) {
    app.log.error("deliveries not tried; they stay due", { channel, error: (error as Error).message });
  } finally {
    busy.delete(channel);
  }
}

/** When the next pending delivery among the given ones may be tried; ms, undefined where none can be by this process. */
export async function nextDue(app: App, ids: readonly string[]): Promise<number | undefined> {
  const rows = await app.store.getMany<DeliveryRow>(ids.map(deliveryKey));
  const times = rows.flatMap(({ data, due }) => {
    return data.status === "pending" && due !== undefined && !isClaimed(app, data) ? [due] : [];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Makes deliveries pending again, under the same id, and sends nothing yet. Ids that are not there are passed over. */
export async function redeliver(app: App, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await app.transact(async (unit) => {
      const key = deliveryKey(id);
      await unit.load([key, deadKey(id)]);
      const row = unit.value<DeliveryRow>(key);
      if (row === undefined) return;
      const now = app.clock.now();
      const again = {
        ...row,
        status: "pending",
        error: null,
        nextAttemptAt: now,
        giveUpAt: now + GIVE_UP_MS,
      };
      unit.put(key, again, { queue: "delivery", due: now });
      unit.delete(deadKey(id));
    });
  }
}

/** Removes a delivery for good; one that waited for it goes next, or waits for the one before it. */
export async function dropDelivery(app: App, id: string): Promise<void> {
  await app.transact(async (unit) => {
    await unit.load([deliveryKey(id), deadKey(id)]);
    const row = unit.value<DeliveryRow>(deliveryKey(id));
    if (row === undefined) return;
    unit.delete(deliveryKey(id));
    unit.delete(deadKey(id));
    if (row.next === null) return;
    const before = row.previous === null ? undefined : deliveryKey(row.previous);
    await unit.load([deliveryKey(row.next), ...(before ? [before] : [])]);
    const next = unit.value<DeliveryRow>(deliveryKey(row.next));
    const previous = before && unit.value<DeliveryRow>(before);
    if (next === undefined || previous?.status !== "pending") return startNext(unit, row.next, app.clock.now());
    unit.put(before!, { ...previous, next: next.id }, { queue: "delivery", due: unit.due(before!) });
    unit.put(deliveryKey(next.id), { ...next, previous: previous.id });
  });
}

/** Ids of the deliveries that are dead, with their channels. */
export async function listDead(app: Pick<App, "store">): Promise<(DeadRow & { id: string })[]> {
  const rows = await app.store.list<DeadRow>(DEAD);
  return rows.map(({ sk, data }) => ({ id: sk, ...data }));
}

/** All deliveries, oldest first. */
export async function listDeliveries(app: Pick<App, "store">): Promise<DeliveryRow[]> {
  const rows = await app.store.list<DeliveryRow>(DELIVERIES);
  return rows.map((row) => row.data).sort((a, b) => a.createdAt - b.createdAt);
}

/** Someone is sending it: not to be sent by another until that has surely ended. */
function isClaimed(app: App, { claim }: DeliveryRow): boolean {
  return claim !== null && claim.until > app.clock.now() && !app.identity.isGone(claim.by);
}

async function attempt(app: App, row: Row<DeliveryRow>): Promise<void> {
  const claimed = await claim(app, row);
  if (claimed === undefined) return;
  const channel = app.channels.get(row.data.channel);
  const outcome: Outcome = channel
    ? await send(app, channel, claimed)
    : { kind: "permanent", reason: `channel "${row.data.channel}" is not in the configuration any more` };
  await record(app, claimed, outcome);
}

/** Makes the delivery this process's for a while; undefined where another sender was faster. */
function claim(app: App, { data: { id, attempts }, due }: Row<DeliveryRow>): Promise<DeliveryRow | undefined> {
  return app.transact(async (unit) => {
    const key = deliveryKey(id);
    await unit.load([key]);
    const row = unit.value<DeliveryRow>(key);
    if (row === undefined || row.status !== "pending" || row.attempts !== attempts) return undefined;
    const until = app.clock.now() + CLAIM_MS;
    const claimed: DeliveryRow = { ...row, attempts: attempts + 1, claim: { by: app.identity.id, until } };
    unit.put(key, claimed, { queue: "delivery", due });
    return claimed;
  });
}

async function send(app: App, channel: Channel, delivery: DeliveryRow): Promise<Outcome> {
  const context = { now: app.clock.now(), timezone: app.config.timezone, attempt: delivery.attempts };
  let options: Record<string, unknown>;
  try {
    options = await channel.options();
  } catch (error) {
    return { kind: "retry", reason: (error as Error).message };
  }
  try {
    if (channel.type.text) {
      app.print(channel.type.text(delivery.notification, options, context));
      return { kind: "delivered" };
    }
    const request = channel.type.render(delivery.notification, options, context);
    if (request === null) return { kind: "delivered" };
    return await exchange(channel, request, context.attempt, () => app.clock.now());
  } catch (error) {
    return { kind: "permanent", reason: `the message could not be made: ${(error as Error).message}` };
  }
}

async function exchange(channel: Channel, request: HttpRequest, attempt: number, now: () => number): Promise<Outcome> {
  try {
    const response = await sendHttp(request, { timeoutMs: TIMEOUT_MS });
    return channel.type.classify(response, { now: now(), attempt });
  } catch (error) {
    return { kind: "retry", reason: (error as Error).message };
  }
}

async function record(app: App, claimed: DeliveryRow, outcome: Outcome): Promise<void> {
  await app.transact(async (unit) => {
    const now = app.clock.now();
    const key = deliveryKey(claimed.id);
    await unit.load([key]);
    const row = unit.value<DeliveryRow>(key);
    // Dropped, or claimed anew by someone who thought this sender dead: what they record stands.
    if (row === undefined || row.status !== "pending" || row.attempts !== claimed.attempts) return;
    const settled = { ...row, claim: null };
    const error = outcome.kind === "delivered" ? null : app.redact(outcome.reason).slice(0, 500);
    const retryAt = outcome.kind === "retry" ? now + backoff(app, row.attempts, outcome.after) : undefined;
    if (retryAt !== undefined && retryAt < row.giveUpAt) {
      unit.put(key, { ...settled, error, nextAttemptAt: retryAt }, { queue: "delivery", due: retryAt });
      return;
    }
    const status = outcome.kind === "delivered" ? "delivered" : "dead";
    const fallback = status === "dead" ? await putFallback(app, unit, row, now) : undefined;
    const ended = { ...settled, status, error, nextAttemptAt: null, next: null, endedAt: now };
    unit.put(key, fallback === undefined ? ended : { ...ended, fallback }, { expires: now + app.config.history });
    if (row.next !== null) await startNext(unit, row.next, now);
    if (status !== "dead") return;
    const dead: DeadRow = { channel: row.channel, error, ...(row.notification.test ? { test: true } : {}) };
    unit.create(deadKey(row.id), dead, { expires: now + app.config.history });
    app.log.error("delivery is dead", { channel: row.channel, id: row.id, error });
  });
}

/** The delivery that waited for one that is out of the way now. */
async function startNext(unit: Unit, id: string, now: number): Promise<void> {
  const key = deliveryKey(id);
  await unit.load([key]);
  const next = unit.value<DeliveryRow>(key);
  if (next?.status === "pending") unit.put(key, next, { queue: "delivery", due: now });
}

/** Jittered exponential back-off from 1 s to 5 min, never before what the receiver asked for; ms. */
function backoff(app: App, attempts: number, asked = 0): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.ceil(Math.max(asked, ceiling / 2 + app.random() * (ceiling / 2)));
}
