// Where nothing can be written no alert can be opened: the channels are then told directly, once, again at the route's repeat interval,
// and when it is over. Only this process's memory knows of it.
import { type Alert, HEALTH_RULE } from "../../model/alert.ts";
import { hashOf } from "../../model/hash.ts";
import type { Notification, NotifyReason } from "../../model/notification.ts";
import { endAlert } from "../../rules/alert.ts";
import { attempt } from "../delivery/attempt.ts";
import type { App } from "../deps.ts";
import type { DeliveryRow } from "../persistence/rows.ts";
import { problemAlert } from "./health.ts";
import { unwrittenProblems } from "./problems.ts";

/** Another process may only have held the state for a moment; ms. */
const GRACE_MS = 5_000;
/** Where no channel took it, they are asked again after so long; ms. */
const AGAIN_MS = 30_000;

export interface Emergency {
  /** Tells what is to be told; `unwritten`: the newest check of health could not be written. Never rejects. */
  look(unwritten: boolean): Promise<void>;
  /** The process ends since its state is gone: tells that now, whatever was told before. Never rejects. */
  end(): Promise<void>;
}

export function createEmergency(app: App): Emergency {
  /** What was told, and to whom. */
  let told: { alert: Alert; channels: string[] } | undefined;
  let count = 0;
  let nextAt = 0;
  /** Its end was told in vain. */
  let over = false;
  let looking: Promise<void> | undefined;

  async function lookNow(unwritten: boolean): Promise<void> {
    const now = app.clock.now();
    const { repeatInterval } = app.config.route;
    const trouble = app.guard.trouble();
    const rests = now < nextAt && nextAt - now <= repeatInterval + AGAIN_MS;
    if (trouble !== undefined) {
      if (rests || !unwritten || now - trouble.since < GRACE_MS) return;
      const alert = told?.alert ?? problemAlert(app, unwrittenProblems(app)[0]!, trouble.since);
      const channels = await tell(alert, told ? "repeat" : "new", [...app.channels.keys()]);
      if (channels.length > 0) told = { alert, channels };
      nextAt = now + (channels.length > 0 ? repeatInterval : AGAIN_MS);
    } else if (told !== undefined) {
      if (over && rests) return;
      over = true;
      const { alert, channels } = told;
      const wanted = channels.filter((name) => app.channels.get(name)?.sendResolved);
      const took = await tell(endAlert(alert, now), "resolved", wanted);
      if (took.length === 0 && wanted.length > 0) nextAt = now + AGAIN_MS;
      else {
        told = undefined;
        over = false;
      }
    }
  }

  async function endNow(): Promise<void> {
    const trouble = app.guard.trouble();
    if (trouble === undefined) return;
    const alert = problemAlert(app, unwrittenProblems(app)[0]!, trouble.since);
    await tell(told ? { ...told.alert, summary: alert.summary } : alert, told ? "update" : "new", [
      ...app.channels.keys(),
    ]);
  }

  /** The channels for Lookout's own alerts; where none of these takes it, all others. Returns those that took it. */
  async function tell(alert: Alert, reason: NotifyReason, among: readonly string[]): Promise<string[]> {
    count++;
    const own = new Set(app.config.health.channels);
    for (const names of [among.filter((name) => own.has(name)), among.filter((name) => !own.has(name))]) {
      const took = await Promise.all(names.map(async (name) => ((await post(name, alert, reason)) ? [name] : [])));
      if (took.flat().length > 0) return took.flat();
    }
    return [];
  }

  async function post(channel: string, alert: Alert, reason: NotifyReason): Promise<boolean> {
    const { outcome } = await attempt(app, deliveryOf(channel, alert, reason));
    const delivered = outcome?.kind === "delivered";
    const fields = { channel, reason, ...(outcome && "reason" in outcome && { error: app.redact(outcome.reason) }) };
    if (delivered) app.log.warn("told without the state", fields);
    else app.log.error("not told without the state", fields);
    return delivered;
  }

  function deliveryOf(channel: string, alert: Alert, reason: NotifyReason): DeliveryRow {
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
      next: null,
      notification,
    };
  }

  return {
    look(unwritten) {
      looking ??= lookNow(unwritten).finally(() => {
        looking = undefined;
      });
      return looking;
    },
    async end() {
      await looking;
      await endNow();
    },
  };
}
