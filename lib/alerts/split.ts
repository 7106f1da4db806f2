// What one channel is sent of a telling: without resolutions where it wants none, and never over 1 MB: older events go first,
// then it splits.
import type { Event } from "../model/event.ts";
import type { NotifiedAlert } from "../model/notification.ts";
import type { Telling } from "./decide.ts";

/** Room for the envelope is left below the 1,000,000 bytes a body may have. */
const MAX_BYTES = 990_000;
const EVENTS_KEPT = [20, 10, 5, 2, 1, 0];

/** The tellings for one channel, in order; none where there is nothing to say to it. */
export function splitTelling(telling: Telling, sendResolved: boolean): Telling[] {
  const { silenced, muted, inhibited } = telling.suppressed;
  const alerts = sendResolved ? telling.alerts : telling.alerts.filter((alert) => alert.status === "firing");
  if (alerts.length === 0 && silenced + muted + inhibited === 0) return [];
  if (alerts.length === 0 && telling.reason === "resolved") return [];
  const parts = splitAlerts(fitEvents(alerts));
  // What was held back is counted once, with the first part.
  const nothing = { silenced: 0, muted: 0, inhibited: 0 };
  return parts.map((part, at) => ({ ...telling, alerts: part, suppressed: at === 0 ? telling.suppressed : nothing }));
}

function fitEvents(alerts: readonly NotifiedAlert[]): NotifiedAlert[] {
  let fitted = [...alerts];
  for (const kept of EVENTS_KEPT) {
    fitted = alerts.map((alert) => ({ ...alert, events: newest(alert.events, kept) }));
    if (sizeOf(fitted) <= MAX_BYTES) return fitted;
  }
  return fitted;
}

function splitAlerts(alerts: readonly NotifiedAlert[]): NotifiedAlert[][] {
  const parts: NotifiedAlert[][] = [[]];
  let size = 0;
  for (const alert of alerts) {
    const bytes = sizeOf(alert) + 1;
    if (size + bytes > MAX_BYTES && parts.at(-1)!.length > 0) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)!.push(alert);
    size += bytes;
  }
  return parts;
}

function newest(events: readonly Event[], kept: number): Event[] {
  return kept === 0 ? [] : events.slice(-kept);
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
