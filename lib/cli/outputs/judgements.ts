// What `explain --json`, `backtest --json` and `test --json` print, as schemas.
import * as z from "zod";
import type { AlertExplanation, EventExplanation } from "../../app/queries/explain.ts";
import type { Backtest } from "../../app/replay/backtest/backtest.ts";
import { AlertStatus } from "../../model/alert.ts";
import { NotifyReason } from "../../model/notification.ts";
import { Severity } from "../../model/severity.ts";
import { Alert, deliveryShape, Event, Held, Notification, TargetStatus, word } from "./schemas.ts";

const text = z.string();
/** ISO 8601, UTC. */
const time = z.string();
const count = z.int();
const maybe = <T extends z.ZodType>(type: T) => type.nullable();
const Fields = z.record(z.string(), z.unknown());

const notifying = {
  routes: z.array(
    z.strictObject({
      route: maybe(text),
      at: maybe(text),
      channels: z.array(text),
      group: Fields,
      notified: z.boolean(),
      heldBy: maybe(Held),
      next: maybe(z.strictObject({ at: time, reason: NotifyReason })),
      escalation: maybe(z.strictObject({ at: time, channels: z.array(text) })),
    }),
  ),
  deliveries: z.array(
    z.strictObject({
      ...deliveryShape,
      reason: NotifyReason,
      endedAt: maybe(time),
      behind: maybe(text),
      fallback: maybe(text),
    }),
  ),
};

const Deadline = z.strictObject({
  at: time,
  to: z.enum(["open", "count", "resolve", "close"]),
  waits: z.boolean(),
});

const Effect = z.strictObject({
  kind: z.enum(["opened", "counted", "resolved", "closed"]),
  alert: z.strictObject({
    id: text,
    status: AlertStatus,
    severity: Severity,
    count,
    startsAt: time,
    endsAt: maybe(time),
    summary: text,
    acknowledgedBy: maybe(text),
  }),
  ...notifying,
});

const Verdict = z.strictObject({
  rule: text,
  at: maybe(text),
  matched: z.boolean(),
  reason: maybe(text),
  mismatches: z.array(z.strictObject({ field: text, values: z.array(z.unknown()), wanted: text })),
  key: maybe(Fields),
  effects: z.array(Effect),
  deadline: maybe(Deadline),
});

const explainedEvent = { event: Event, stored: z.boolean(), rules: z.array(Verdict) };
const ExplainedEvent = z.strictObject(explainedEvent) satisfies z.ZodType<EventExplanation>;
const ExplainedAlert = z.strictObject({
  alert: Alert,
  at: maybe(text),
  openedBy: maybe(text),
  deadline: maybe(Deadline),
  ...notifying,
}) satisfies z.ZodType<AlertExplanation>;

/** Of an alert, of an event (`filledIn`: of one that was given as JSON), or of a resource's events. */
export const Explain = z.union([
  ExplainedAlert,
  z.strictObject({ ...explainedEvent, filledIn: z.array(text).exactOptional() }),
  z.strictObject({
    resource: text,
    since: time,
    earlier: count,
    events: z.array(ExplainedEvent),
    targets: z.array(TargetStatus),
  }),
]);

const byChannel = z.record(text, count);

const WouldBeAlert = z.strictObject({
  id: text,
  rule: text,
  severity: Severity,
  key: Fields,
  summary: text,
  startsAt: time,
  endsAt: maybe(time),
  end: z.enum(["resolved", "closed", "firing"]),
  count,
  messages: byChannel,
  unnotified: maybe(z.enum(["silenced", "muted", "inhibited", "later", "passed"])),
});

const WouldBeMessage = z.strictObject({
  id: text,
  at: time,
  channel: text,
  reason: NotifyReason,
  status: AlertStatus,
  rules: z.array(text),
  count,
  alerts: z.array(text),
});

const ListedTo = z.strictObject({ alerts: maybe(time), messages: maybe(time) });
const sides = <T extends z.ZodType>(type: T) => z.strictObject({ this: type, other: type });

const Comparison = z.strictObject({
  totals: z.strictObject({ alerts: sides(count), messages: sides(count) }),
  channels: z.record(text, sides(count)),
  rules: z.array(z.strictObject({ rule: text, alerts: sides(maybe(count)), messages: sides(maybe(count)) })),
  alerts: sides(z.array(WouldBeAlert)),
  changed: z.array(sides(WouldBeAlert)),
  messages: sides(z.array(WouldBeMessage)),
  comparedTo: ListedTo,
});

const backtest = {
  since: time,
  until: time,
  sources: z.array(
    z.strictObject({ source: text, targets: count, events: count, oldest: maybe(time), malformed: count }),
  ),
  unread: z.array(
    z.strictObject({
      source: text,
      target: maybe(text),
      kind: word<Backtest["unread"][number]["kind"]>(),
      error: text,
      readTo: maybe(time),
    }),
  ),
  rules: z.array(
    z.strictObject({
      rule: text,
      alerts: count,
      firing: count,
      messages: count,
      channels: byChannel,
      noise: z.strictObject({
        messagesPerDay: z.number(),
        brief: z.number(),
        unfollowed: z.number(),
        back: z.number(),
        worst: maybe(z.strictObject({ key: Fields, alerts: count })),
      }),
    }),
  ),
  channels: byChannel,
  totals: z.strictObject({ alerts: count, messages: count }),
  alerts: z.array(WouldBeAlert),
  messages: z.array(WouldBeMessage),
  unlisted: z.strictObject({ alerts: count, messages: count }),
  listedTo: ListedTo,
  compare: Comparison.exactOptional(),
};
const Judged = z.strictObject(backtest) satisfies z.ZodType<Backtest>;

export const BacktestOutput = z.strictObject({
  config: text,
  rule: text.exactOptional(),
  ...Judged.shape,
  comparedTo: text.exactOptional(),
});

const DiffLine = z.strictObject({ sign: z.enum([" ", "-", "+"]), fields: Fields });
const Location = z.strictObject({ file: text, line: count, column: count });

/** `coverage` with `--coverage`; `diff` where a test failed, `error` where it could not be run to its end. */
export const TestReport = z.strictObject({
  passed: count,
  failed: count,
  tests: z.array(
    z.strictObject({
      file: text,
      line: count,
      name: text,
      passed: z.boolean(),
      error: text.exactOptional(),
      diff: z.strictObject({ transitions: z.array(DiffLine), notifications: z.array(DiffLine) }).exactOptional(),
      transitions: z.array(
        z.strictObject({ at: time, alert: Alert, channels: z.array(text), suppressedBy: z.array(text) }),
      ),
      notifications: z.array(z.strictObject({ at: time, notification: Notification })),
    }),
  ),
  coverage: z
    .array(
      z.strictObject({
        config: text,
        rules: count,
        never: z.array(z.strictObject({ rule: text, location: Location })),
      }),
    )
    .exactOptional(),
});
