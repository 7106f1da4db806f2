// One real, marked notification to one channel, through the whole delivery path.
import type { Notice } from "../../alerts/decide.ts";
import { madeUpAlert } from "../../alerts/made-up.ts";
import type { Alert } from "../../model/alert.ts";
import { hashOf } from "../../model/hash.ts";
import type { App, Channel } from "../deps.ts";
import type { Unit } from "../persistence/unit.ts";
import { tryNow } from "./channel-notes.ts";
import { type Delivery, deliverDue, nextDue, readDeliveries } from "./deliver.ts";
import { putInLane } from "./deliveries.ts";
import { NOTHING, notificationsFor } from "./notifications.ts";

const WAIT_MS = 250;

/**
 * Sends it and waits for the outcome of its first try, whoever makes it, and of a further one where that is due at
 * once. What opens an incident is followed by what closes it, or nobody would. Returns the deliveries as they are then.
 */
export async function sendTest(app: App, channel: Channel, signal: AbortSignal): Promise<Delivery[]> {
  const alert = testAlert(app);
  const opened = await sendOne(app, channel, alert, signal);
  const isOpen = channel.type.incident && opened.every(({ status }) => status === "delivered");
  if (!isOpen || signal.aborted) return opened;
  const endsAt = new Date(app.clock.now()).toISOString();
  return [...opened, ...(await sendOne(app, channel, { ...alert, status: "resolved", endsAt }, signal))];
}

async function sendOne(app: App, channel: Channel, alert: Alert, signal: AbortSignal): Promise<Delivery[]> {
  const ids = await app.transact(async (unit) => {
    await tryNow(unit, channel.name);
    return putTest(app, unit, channel, alert);
  });
  await deliverDue(app, signal);
  for (;;) {
    const rows = await readDeliveries(app, ids);
    const settled = rows.every(({ status, error }) => status !== "pending" || error !== null);
    if (signal.aborted) return rows;
    if (settled) {
      const due = await nextDue(app, ids);
      if (due === undefined || due > app.clock.now()) return rows;
      await deliverDue(app, signal);
    }
    await app.clock.sleep(WAIT_MS, signal).catch(() => {});
  }
}

/** Why the channel's template could not say what was sent, so that Lookout's own words went. Undefined: it could. */
export function templateFault(app: App, { ownWords }: Channel, rows: readonly Delivery[]): string | undefined {
  const context = { now: app.clock.now(), timezone: app.config.timezone, attempt: 1 };
  for (const { notification } of rows) {
    try {
      ownWords?.(notification, context);
    } catch (error) {
      return app.redact((error as Error).message);
    }
  }
  return undefined;
}

function putTest(app: App, unit: Unit, channel: Channel, alert: Alert): Promise<string[]> {
  const isOver = alert.status === "resolved";
  const notice: Notice = {
    reason: isOver ? "resolved" : "new",
    alerts: [{ ...alert, newCount: alert.count }],
    suppressed: NOTHING,
    test: true,
  };
  const nameOf = (part: number) => hashOf(["test", alert.id, channel.name, part, ...(isOver ? ["over"] : [])]);
  // The incident of a test is closed whatever the channel wants of others.
  const notifications = notificationsFor({ ...channel, sendResolved: true }, {}, notice);
  return putInLane(app, unit, channel, notifications, nameOf, { last: undefined, now: app.clock.now() });
}

function testAlert(app: App): Alert {
  const now = new Date(app.clock.now()).toISOString();
  const summary = "This is a test from Lookout. Nothing is wrong.";
  return madeUpAlert({ id: hashOf(["send-test", now]), rule: "send-test", severity: "info", summary }, now);
}
