// What `--json` prints, as schemas: nothing is printed that does not stand here. Scripts may rely on every field.
import * as z from "zod";
import type { SilenceView } from "../../app/oncall/silences.ts";
import type { DeliveryView } from "../../app/queries/lists.ts";
import type { Routing } from "../../app/queries/routing.ts";
import type { Status } from "../../app/queries/status.ts";
import { Alert as AlertShape } from "../../model/alert.ts";
import { Event as EventShape } from "../../model/event.ts";
import { Notification as NotificationShape, NotifiedAlert } from "../../model/notification.ts";

const text = z.string();
/** ISO 8601, UTC. */
const time = z.string();
const count = z.int();
const maybe = <T extends z.ZodType>(type: T) => type.nullable();
/** One of some words, of which there may be more some day. */
export const word = <T extends string>() => text as unknown as z.ZodType<T>;
const Fields = z.record(z.string(), z.unknown());

export const Event = z.strictObject(EventShape.shape).meta({ id: "event" });
export const Alert = z.strictObject({ ...AlertShape.shape, events: z.array(Event) }).meta({ id: "alert" });

export const Notification = z.strictObject({
  ...NotificationShape.shape,
  alerts: z.array(z.strictObject({ ...NotifiedAlert.shape, events: z.array(Event) })),
});

export const deliveryShape = {
  id: text,
  channel: text,
  status: z.enum(["pending", "delivered", "dead"]),
  attempts: count,
  nextAttemptAt: maybe(time),
  error: maybe(text),
  createdAt: time,
  alerts: z.array(text),
  foldedInto: text.exactOptional(),
};
export const Delivery = z.strictObject(deliveryShape).meta({ id: "delivery" }) satisfies z.ZodType<DeliveryView>;

export const Silence = z.strictObject({
  id: text,
  state: z.enum(["active", "pending", "expired"]),
  match: Fields as unknown as z.ZodType<SilenceView["match"]>,
  from: time,
  until: time,
  during: z.array(text),
  comment: maybe(text),
  by: text,
  createdAt: time,
}) satisfies z.ZodType<SilenceView>;

export const Held = z.strictObject({ kind: text, by: text, at: maybe(text), until: maybe(time) });

export const Route = z.strictObject({
  routes: z.array(
    z.strictObject({
      path: text,
      at: maybe(text),
      channels: z.array(text),
      group: Fields,
      groupWait: text,
      groupInterval: text,
      repeatInterval: text,
      escalate: z.array(z.strictObject({ after: text, channels: z.array(text) })),
      heldBy: maybe(Held),
    }),
  ),
  channels: z.array(text),
}) satisfies z.ZodType<Routing>;

/** Whatever is found here is a `problem` of `status` as well, so new kinds are no change of the schema. */
const Problem = z.strictObject({
  problem: word<Status["problems"][number]["problem"]>(),
  name: text,
  message: text,
});

export const TargetStatus = z.strictObject({
  source: text,
  target: text,
  lastReadAt: maybe(time),
  lagSeconds: maybe(z.number()),
  error: maybe(text),
});

const Day = z.strictObject({
  fetched: count,
  seen: count,
  malformed: count,
  new: count,
  matched: count,
  unmatched: count,
});

export const Suppressed = z.strictObject({ silenced: count, muted: count, inhibited: count });

export const StatusOutput = z
  .strictObject({
    healthy: z.boolean(),
    sources: z.array(z.strictObject({ source: text, lastRunAt: maybe(time), overdueSince: maybe(time) })),
    targets: z.array(TargetStatus),
    connections: z.array(
      z.strictObject({
        name: text,
        state: z.enum(["proven", "unproven", "paused"]),
        pausedUntil: maybe(time),
        error: maybe(text),
      }),
    ),
    deliveries: z.strictObject({ pending: count, dead: count }),
    waiting: z.array(z.strictObject({ rule: text, key: Fields, deadline: time })),
    ledger: z.record(text, z.record(text, Day)),
    failingChannels: z.array(z.strictObject({ channel: text, since: time, error: maybe(text) })),
    channels: z.record(
      text,
      z.strictObject({ alerts: count, notified: count, pending: count, held: Suppressed, dead: count, passed: count }),
    ),
    failures: z.array(
      z.strictObject({
        rule: text,
        field: word<Status["failures"][number]["field"]>(),
        error: text,
        count,
        lastAt: time,
      }),
    ),
    problems: z.array(Problem),
  })
  .meta({ id: "status" }) satisfies z.ZodType<Status>;

/** Open alerts, the most urgent first; the newest deliveries, the newest last. */
export const Top = z.strictObject({ status: StatusOutput, alerts: z.array(Alert), deliveries: z.array(Delivery) });

const Finding = z.strictObject({
  file: text,
  line: count,
  column: count,
  path: text,
  message: text,
  hint: text.exactOptional(),
});

export const Check = z.strictObject({
  findings: z.array(Finding),
  more: count.exactOptional(),
  live: z
    .array(
      z.strictObject({
        source: text,
        kind: text,
        connection: text,
        project: maybe(text),
        targets: z.array(z.strictObject({ id: text, name: maybe(text), status: maybe(text) })),
        errors: z.array(text),
      }),
    )
    .exactOptional(),
});

/** A poll's failures have more for the curious; what is named here stays. */
const Failing = z.looseObject({ kind: text, error: text });

export const Copy = z.strictObject({
  rows: count,
  damaged: z.array(z.strictObject({ pk: text, sk: text })),
});

export const Run = z.strictObject({
  polls: z.array(
    z.strictObject({
      source: text,
      targets: count,
      found: count,
      failing: z.record(text, Failing),
      unreached: count,
      discoveryError: text.optional(),
      interrupted: z.boolean(),
    }),
  ),
  deliveries: z.array(Delivery),
  problems: z.array(z.looseObject(Problem.shape)),
});
