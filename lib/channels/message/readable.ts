// Keeps one alert that cannot be shown from failing a whole message: what is wrong with it is
// replaced, the others stay as they are.
import * as z from "zod";
import { Alert } from "../../model/alert.ts";
import { Event } from "../../model/event.ts";
import { type Notification, NotifiedAlert } from "../../model/notification.ts";

const UNREADABLE = "This alert cannot be shown as it is: see `lookout alerts --json`";

const { shape } = Alert;
const Readable = z.object({
  ...shape,
  status: shape.status.catch("firing"),
  severity: shape.severity.catch("error"),
  summary: shape.summary.catch(UNREADABLE),
  description: shape.description.catch(""),
  key: shape.key.catch({}),
  labels: shape.labels.catch({}),
  connection: shape.connection.catch(null),
  source: shape.source.catch(null),
  region: shape.region.catch(null),
  resource: shape.resource.catch(null),
  startsAt: z.iso.datetime().catch(new Date(0).toISOString()),
  updatedAt: z.iso.datetime().catch(new Date(0).toISOString()),
  endsAt: z.iso.datetime().nullable().catch(null),
  count: shape.count.catch(1),
  acknowledgedBy: shape.acknowledgedBy.catch(null),
  suppressedBy: shape.suppressedBy.catch([]),
  runbook: shape.runbook.catch(null),
  events: z
    .array(z.unknown())
    .catch([])
    .transform((events) => events.flatMap((one) => Event.safeParse(one).data ?? [])),
  newCount: NotifiedAlert.shape.newCount.catch(0),
  reason: NotifiedAlert.shape.reason.catch(undefined),
});

/**
 * What `use` makes of the notification; where it throws, of the same with every alert made
 * readable. Throws as `use` does then.
 */
export function readably<T>(notification: Notification, use: (notification: Notification) => T): T {
  try {
    return use(notification);
  } catch {
    return use(readable(notification));
  }
}

/** The notification with every alert made readable that is not. */
export function readable(notification: Notification): Notification {
  return { ...notification, alerts: notification.alerts.map(readableAlert) };
}

function readableAlert(alert: NotifiedAlert): NotifiedAlert {
  if (NotifiedAlert.safeParse(alert).success) return alert;
  const { reason, ...rest } = Readable.parse(alert);
  return reason === undefined ? rest : { ...rest, reason };
}
