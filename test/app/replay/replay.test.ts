// The replay: the live application over a store of its own, each deadline, group and repeat at the moment it is due.
import { readdir } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Replay, startReplay } from "../../../lib/app/replay/replay.ts";
import type { Event } from "../../../lib/model/event.ts";
import { eventAt, START } from "../../support/event.ts";
import { replayConfig } from "../../support/replay.ts";

const MINUTE = 60_000;
const FILE = `
sources: [{ id: services, kind: service-events }]
channels:
  ops: { type: webhook, url: "\${env:NOT_SET}" }
  pager: { type: pagerduty, routingKey: "\${env:NOT_SET}" }
`;

async function replayOf(rest: string, start = START): Promise<Replay> {
  const replay = await startReplay({ config: await replayConfig(FILE + rest), start });
  onTestFinished(() => replay.close());
  return replay;
}

/** `5m resolved`, with parts of a minute as they are. */
function transitionsOf({ transitions }: Replay): string[] {
  return transitions.map(({ at, transition }) => `${(at - START) / MINUTE}m ${transition.kind}`);
}

/** Those of one moment go to their channels side by side: by channel. */
function notificationsOf({ notifications }: Replay): string[] {
  const ordered = notifications.toSorted(
    (a, b) => a.at - b.at || (a.notification.channel < b.notification.channel ? -1 : 1),
  );
  return ordered.map(({ at, notification }) => {
    const { channel, reason, alerts } = notification;
    return `${(at - START) / MINUTE}m ${channel} ${reason} ${alerts.map(({ count }) => `×${count}`).join(" ")}`;
  });
}

async function feedAll(replay: Replay, events: readonly Event[]): Promise<void> {
  for (const event of events) await replay.feed(Date.parse(event.time), [event]);
}

const RESOLVED_AFTER = "rules: [{ id: failed, when: { level: [error] }, resolve: { after: 10m } }]\n";

describe("a replay", () => {
  it("notifies news at once, repeats when they are due, and needs no secret", async () => {
    const replay = await replayOf(
      "rules: [{ id: failed, when: { level: [error] }, resolve: { after: 10h } }]\nroute: { repeatInterval: 4h }\n",
    );
    await replay.feed(START, [eventAt(0)]);
    await replay.passTo(START + 12 * 60 * MINUTE);
    expect(transitionsOf(replay)).toEqual(["0m opened", "600m resolved"]);
    expect(notificationsOf(replay)).toEqual([
      "0m ops new ×1",
      "0m pager new ×1",
      "240m ops repeat ×1",
      "480m ops repeat ×1",
      "600m ops resolved ×1",
      "600m pager resolved ×1",
    ]);
  });

  it("waits for groups as long as their route says", async () => {
    const replay = await replayOf(`${RESOLVED_AFTER}route: { channels: [ops], groupWait: 30s, groupInterval: 7m }\n`);
    await feedAll(replay, [eventAt(0), eventAt(1, { resourceId: "svc-2" })]);
    await replay.passTo(START + 60 * MINUTE);
    expect(notificationsOf(replay)).toEqual(["0.5m ops new ×1", "7.5m ops new ×1 ×1", "14.5m ops resolved ×1 ×1"]);
  });

  it("takes an event before a deadline at the same moment", async () => {
    const replay = await replayOf(RESOLVED_AFTER);
    await feedAll(replay, [eventAt(0), eventAt(10)]);
    await replay.passTo(START + 30 * MINUTE);
    expect(transitionsOf(replay)).toEqual(["0m opened", "10m updated", "20m resolved"]);
  });

  it("fires a deadline at its very moment, between events that are far apart", async () => {
    const replay = await replayOf(
      "rules: [{ id: many, when: { level: [error] }, threshold: { count: 2, within: 5m } }]\n",
    );
    await feedAll(replay, [eventAt(0), eventAt(1), eventAt(100, { level: "normal" })]);
    expect(transitionsOf(replay)).toEqual(["1m opened", `${(5 * MINUTE + 1) / MINUTE}m resolved`]);
  });

  it("evaluates what is found late at the time it is found, by its own time", async () => {
    const replay = await replayOf(RESOLVED_AFTER);
    await replay.feed(START + 5 * MINUTE, [eventAt(0)]);
    await replay.passTo(START + 30 * MINUTE);
    expect(transitionsOf(replay)).toEqual(["5m opened", "10m resolved"]);
    expect(replay.transitions[0]?.transition.alert.startsAt).toBe("2026-11-20T10:00:00.000Z");
  });

  it("says what held an alert back, and notifies it when that is over", async () => {
    const replay = await replayOf(`rules: [{ id: failed, when: { level: [error] } }]
timeIntervals: { noon: [{ times: [{ start_time: "09:00", end_time: "10:20" }] }] }
route: { channels: [ops], mute: [noon] }
`);
    await replay.feed(START, [eventAt(0)]);
    await replay.passTo(START + 60 * MINUTE);
    expect(replay.transitions[0]?.suppressedBy).toEqual(["mute noon"]);
    expect(notificationsOf(replay)).toEqual(["20m ops new ×1"]);
  });

  it("takes more events at one moment than fit into one commit", async () => {
    const replay = await replayOf(
      "rules: [{ id: failed, when: { level: [error] }, by: [id] }]\nroute: { channels: [ops] }\n",
    );
    const events = Array.from({ length: 3_000 }, (_, at) => eventAt(0, { message: `failure ${at}` }));
    await replay.feed(START, events);
    expect(replay.transitions).toHaveLength(3_000);
    expect(replay.notifications.flatMap(({ notification }) => notification.alerts)).toHaveLength(3_000);
  });

  it("never goes back in time", async () => {
    const replay = await replayOf(RESOLVED_AFTER);
    await replay.passTo(START + 5 * MINUTE);
    await replay.feed(START, [eventAt(0)]);
    await replay.passTo(START);
    expect(replay.now()).toBe(START + 5 * MINUTE);
    expect(transitionsOf(replay)).toEqual(["5m opened"]);
  });

  it("leaves nothing behind", async () => {
    await replayOf(RESOLVED_AFTER);
    expect((await readdir(".")).filter((name) => /etilqs|\.db/.test(name))).toEqual([]);
  });
});
