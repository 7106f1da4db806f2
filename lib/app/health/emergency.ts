// Notifies the channels directly where nothing can be written, and so no alert can be opened.
import type { Alert } from "../../model/alert.ts";
import { hashOf } from "../../model/hash.ts";
import type { Notification, NotifyReason } from "../../model/notification.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import { endAlert } from "../../rules/alert.ts";
import { attempt } from "../delivery/attempt.ts";
import type { App } from "../deps.ts";
import type { DeliveryRow } from "../persistence/delivery-rows.ts";
import { problemAlert } from "./health.ts";
import { unwrittenProblems } from "./problems.ts";

/** Another process may only have held the state for a moment; ms. */
const GRACE_MS = 5_000;
/** Where no channel took it, they are asked again after so long; ms. */
const AGAIN_MS = 30_000;

export interface Emergency {
  /** Notifies of what is new; `unwritten`: the newest check of health could not be written. Never rejects. */
  look(unwritten: boolean): Promise<void>;
  /** The process ends since its state is gone: notifies of that now, whatever was sent before. Never rejects. */
  end(): Promise<void>;
}

/** What was notified of, which only this process knows: it cannot be written. */
interface Memory {
  app: App;
  /** What was sent, and who took it. */
  sent: Sent | undefined;
  /** Notifications so far. */
  count: number;
  /** When to notify again at the soonest; ms. */
  nextAt: number;
  /** The trouble is over, and nobody took that. */
  over: boolean;
}

interface Sent {
  alert: Alert;
  channels: string[];
}

/** Notifies once, again at the route's repeat interval, and when it is over. */
export function createEmergency(app: App): Emergency {
  const memory: Memory = { app, sent: undefined, count: 0, nextAt: 0, over: false };
  let looking: Promise<void> | undefined;
  return {
    look(unwritten) {
      looking ??= look(memory, unwritten).finally(() => {
        looking = undefined;
      });
      return looking;
    },
    async end() {
      await looking;
      await sayEnd(memory);
    },
  };
}

async function look(memory: Memory, unwritten: boolean): Promise<void> {
  const { app, sent } = memory;
  const trouble = app.guard.trouble();
  if (trouble === undefined) {
    if (sent !== undefined) await sayOver(memory, sent);
  } else if (unwritten && app.clock.now() - trouble.since >= GRACE_MS) {
    await sayTrouble(memory, trouble.since);
  }
}

/** `since` in ms. */
async function sayTrouble(memory: Memory, since: number): Promise<void> {
  const { app, sent } = memory;
  const now = app.clock.now();
  if (rests(memory, now)) return;
  const alert = sent?.alert ?? problemAlert(app, unwrittenProblems(app)[0]!, since);
  const channels = await send(memory, alert, sent ? "repeat" : "new", [...app.channels.keys()]);
  if (channels.length > 0) memory.sent = { alert, channels };
  memory.nextAt = now + (channels.length > 0 ? app.config.route.repeatInterval : AGAIN_MS);
}

async function sayOver(memory: Memory, { alert, channels }: Sent): Promise<void> {
  const { app } = memory;
  const now = app.clock.now();
  if (memory.over && rests(memory, now)) return;
  memory.over = true;
  const wanted = channels.filter((name) => app.channels.get(name)?.sendResolved);
  const took = await send(memory, endAlert(alert, now), "resolved", wanted);
  if (took.length === 0 && wanted.length > 0) {
    memory.nextAt = now + AGAIN_MS;
    return;
  }
  memory.sent = undefined;
  memory.over = false;
}

/** A clock that was set back does not make the wait longer than it can be. */
function rests({ app, nextAt }: Memory, now: number): boolean {
  return now < nextAt && nextAt - now <= app.config.route.repeatInterval + AGAIN_MS;
}

async function sayEnd(memory: Memory): Promise<void> {
  const { app, sent } = memory;
  const trouble = app.guard.trouble();
  if (trouble === undefined) return;
  const alert = problemAlert(app, unwrittenProblems(app)[0]!, trouble.since);
  const shown = sent ? { ...sent.alert, summary: alert.summary } : alert;
  await send(memory, shown, sent ? "update" : "new", [...app.channels.keys()]);
}

/** The channels for Lookout's own alerts; where none of these takes it, all others. Returns those that took it. */
async function send(memory: Memory, alert: Alert, reason: NotifyReason, among: readonly string[]): Promise<string[]> {
  memory.count++;
  const own = new Set(memory.app.config.health.channels);
  for (const names of [among.filter((name) => own.has(name)), among.filter((name) => !own.has(name))]) {
    const took = await Promise.all(
      names.map(async (name) => ((await post(memory, name, alert, reason)) ? [name] : [])),
    );
    if (took.flat().length > 0) return took.flat();
  }
  return [];
}

async function post(memory: Memory, channel: string, alert: Alert, reason: NotifyReason): Promise<boolean> {
  const { app } = memory;
  const { outcome } = await attempt(app, deliveryOf(memory, channel, alert, reason));
  const delivered = outcome?.kind === "delivered";
  const fields = { channel, reason, ...(outcome && "reason" in outcome && { error: app.redact(outcome.reason) }) };
  if (delivered) app.log.warn("notified without the state", fields);
  else app.log.error("not notified without the state", fields);
  return delivered;
}

function deliveryOf({ app, count }: Memory, channel: string, alert: Alert, reason: NotifyReason): DeliveryRow {
  const now = app.clock.now();
  const id = hashOf([HEALTH_RULE, app.identity.id, count, channel]);
  const notification: Notification = {
    version: "1",
    id,
    channel,
    status: alert.status,
    group: { rule: alert.rule },
    reason,
    alerts: [{ ...alert, newCount: reason === "new" ? 1 : 0, reason }],
    suppressed: { silenced: 0, muted: 0, inhibited: 0 },
  };
  return {
    id,
    channel,
    status: "pending",
    attempts: 1,
    nextAttemptAt: null,
    error: null,
    createdAt: now,
    giveUpAt: now,
    claim: null,
    alerts: [alert.id],
    previous: null,
    next: [],
    notification,
  };
}
