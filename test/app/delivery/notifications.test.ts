// What a channel gets of a notice about thousands of alerts: the news in as few deliveries as hold it, and no delivery
// for what people have been notified of.
import { describe, expect, it } from "vitest";
import { combine } from "../../../lib/alerts/fold.ts";
import { notificationsFor } from "../../../lib/app/delivery/notifications.ts";
import type { Channel } from "../../../lib/app/deps.ts";
import type { NotifiedAlert, NotifyReason, Told } from "../../../lib/model/notification.ts";
import { channelOf } from "../../channels/contract.ts";
import { aNotification, anAlert } from "../../channels/samples.ts";

function channelNamed(type: string): Channel {
  return {
    name: "ops",
    type: channelOf(type),
    sendResolved: true,
    fallback: undefined,
    fallbackAfter: 300_000,
    mention: {},
    ownWords: undefined,
    options: async () => ({}),
  };
}

/** Alerts in the order of their starts; those of `own` have that reason and no new match. */
function alertsOf(...own: readonly (readonly [count: number, reason: NotifyReason])[]): NotifiedAlert[] {
  return own.flatMap(([count, reason]) =>
    Array.from({ length: count }, (_, at) => {
      const more = reason === "resolved" ? ({ status: "resolved" } as const) : {};
      return anAlert({ id: `${reason}-${at}`, reason, newCount: reason === "new" ? 12 : 0, ...more });
    }),
  );
}

function tell(type: string, reason: NotifyReason, alerts: NotifiedAlert[]): Told[] {
  return notificationsFor(channelNamed(type), {}, { reason, alerts, suppressed: aNotification().suppressed });
}

/** How many there are of each reason, by delivery. */
function toldBy(notifications: readonly Told[]): Record<string, number>[] {
  return notifications.map(({ alerts }) => {
    const reasons = Map.groupBy(alerts, (alert) => alert.reason!);
    return Object.fromEntries([...reasons].map(([reason, some]) => [reason, some.length]));
  });
}

describe("a notice about thousands of alerts", () => {
  it("is one message of its news to people, who read how many they have been notified of", () => {
    const told = tell("slack", "new", alertsOf([4_000, "repeat"], [200, "new"], [1, "resolved"]));
    expect(told).toHaveLength(1);
    expect(told[0]!.alerts.slice(0, 201).map(({ reason }) => reason)).not.toContain("repeat");
    const text = JSON.stringify(
      channelOf("slack").render(told[0]!, { url: "http://chat/" }, { now: 0, timezone: "UTC", attempt: 1 }),
    );
    expect(text).toContain("200 new, 1 resolved");
    expect(text).toContain("Notified before, still firing: 4000 (4000 critical), no new match");
  });

  it("is one message of what is escalated, likewise", () => {
    const told = tell("telegram", "escalation", alertsOf([4_000, "update"], [200, "escalation"]));
    expect(told).toHaveLength(1);
    expect(toldBy(told)[0]).toMatchObject({ escalation: 200 });
  });

  it("is as many messages as hold its news, each with some", () => {
    const told = tell("slack", "new", alertsOf([4_000, "repeat"], [2_500, "new"]));
    expect(told.length).toBeGreaterThan(2);
    for (const own of toldBy(told)) expect(own["new"]).toBeGreaterThan(0);
    expect(toldBy(told).reduce((sum, own) => sum + own["new"]!, 0)).toBe(2_500);
    expect(told.slice(0, -1).every(({ counted }) => counted === undefined)).toBe(true);
    const beside = toldBy(told).at(-1)!["repeat"] ?? 0;
    expect(told.at(-1)!.counted?.alerts).toEqual({ critical: 4_000 - beside });
  });

  it("is one message where it only repeats", () => {
    expect(tell("mattermost", "repeat", alertsOf([4_000, "repeat"]))).toHaveLength(1);
  });

  it("goes whole to whoever takes every alert", () => {
    const told = tell("webhook", "new", alertsOf([4_000, "repeat"], [200, "new"]));
    expect(told.flatMap(({ alerts }) => alerts)).toHaveLength(4_200);
    expect(told.some((one) => one.counted !== undefined)).toBe(false);
  });

  it("counts what others count where it takes them in", () => {
    const one = tell("slack", "new", alertsOf([4_000, "repeat"], [1, "new"]))[0]!;
    const both = combine([one, aNotification({ alerts: [anAlert({ id: "other" })] }), one]);
    expect(both.counted!.alerts).toEqual({ critical: 2 * one.counted!.alerts.critical! });
  });
});
