// One rule test: its events replayed, and what came of them as a user would say it.
import { endOf, momentOf, startOf } from "../../../config/check/test-times.ts";
import type { Alert } from "../../../model/alert.ts";
import type { Config } from "../../../model/config.ts";
import type { RuleTest } from "../../../model/files/test-file.ts";
import type { Notification } from "../../../model/notification.ts";
import { type Replay, type ReplayedTransition, startReplay } from "../replay.ts";
import { acknowledgeAll, addSilences } from "./acts.ts";
import { withSourcesOf } from "./config.ts";
import { eventsOf } from "./events.ts";
import { targetsOf, watchedTargets } from "./targets.ts";

/** An alert fires or resolves. */
export interface SeenTransition {
  /** When it starts or ends, in event time; ms. */
  at: number;
  /** As it was at that moment. */
  alert: Alert;
  /** Who was notified of it before the end of the test, sorted. */
  channels: string[];
  suppressedBy: string[];
}

export interface SeenNotification {
  /** ms */
  at: number;
  notification: Notification;
}

export interface Seen {
  /** In order of time. */
  transitions: SeenTransition[];
  notifications: SeenNotification[];
}

/** Runs a test under a configuration. Rejects with an Error where the replay cannot go on. */
export async function runRuleTest(config: Config, test: RuleTest): Promise<Seen> {
  const found = eventsOf(config, test);
  const events = found.map(({ event }) => event);
  const tested = targetsOf(config, test, events);
  const whole = withSourcesOf(config, [...events, ...tested]);
  const targets = watchedTargets(whole, tested);
  const start = startOf(test);
  const ends = targets.flatMap(({ ends, ...target }) =>
    ends === undefined ? [] : [{ at: momentOf(ends, start), target }],
  );
  const acks = test.acks.map((ack) => ({ at: momentOf(ack.at, start), ack }));
  const replay = await startReplay({ config: whole, start, targets });
  try {
    await replay.feed(start, [], [], (app) => addSilences(app, test, start));
    const moments = Map.groupBy(
      [...found, ...ends, ...acks].sort((a, b) => a.at - b.at),
      ({ at }) => at,
    );
    for (const [at, together] of moments) {
      const events = together.flatMap((one) => ("event" in one ? [one.event] : []));
      const ended = together.flatMap((one) => ("target" in one ? [one.target] : []));
      const taken = together.flatMap((one) => ("ack" in one ? [one.ack] : []));
      await replay.feed(at, events, ended, (app) => acknowledgeAll(app, taken));
    }
    await replay.passTo(endOf(test));
    return { transitions: transitionsOf(replay), notifications: [...replay.notifications] };
  } finally {
    await replay.close();
  }
}

function transitionsOf(replay: Replay): SeenTransition[] {
  // An occurrence that closes silently, and an alert that counts on, are no news.
  const changes = replay.transitions.filter(({ transition: { kind } }) => kind === "opened" || kind === "resolved");
  return changes
    .map((one, index): SeenTransition => {
      const { alert } = one.transition;
      const again = changes.slice(0, index).some(({ transition }) => transition.alert.id === alert.id);
      const channels = channelsOf(replay, one, changes.slice(index + 1));
      return { at: timeOf(alert, again), alert, channels, suppressedBy: [...one.suppressedBy] };
    })
    .sort((a, b) => a.at - b.at);
}

/** An alert that fires again has the start of the first time: the match that opened it anew is its newest one. */
function timeOf({ status, startsAt, updatedAt, endsAt }: Alert, again: boolean): number {
  return Date.parse(status === "resolved" ? endsAt! : again ? updatedAt : startsAt);
}

/** Who was notified that the alert is in this state, before it came to be in it again. */
function channelsOf(
  { notifications }: Replay,
  { at, transition: { alert } }: ReplayedTransition,
  later: readonly ReplayedTransition[],
): string[] {
  const { id, status } = alert;
  const again = later.find(({ transition }) => transition.alert.id === id && transition.alert.status === status);
  const until = again?.at ?? Number.POSITIVE_INFINITY;
  const channels = notifications
    .filter((sent) => sent.at >= at && sent.at < until)
    .filter(({ notification: { alerts } }) => alerts.some((named) => named.id === id && named.status === status))
    .map(({ notification }) => notification.channel);
  return [...new Set(channels)].sort();
}
