// What is put on the event bus: one entry per alert that opened or was resolved, and the groups that are due exactly
// once, so that one ring of the doorbell is one invocation of `notify`, however many alerts it names. Pure.
import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { Transition } from "../rules/state.ts";

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html: 256 KB and 10 entries a request. */
const MAX_REQUEST = 256 * 1024;
const MAX_ENTRIES = 10;
const MAX_ALERT = 200_000;
const MAX_GROUPS = 40_000;

const EVENT_SOURCE = "lookout";

/** Entries in the order of the transitions, none too large for a request of its own. */
export function entriesOf(
  bus: string,
  transitions: readonly Transition[],
  groups: readonly string[],
  round?: string,
): PutEventsRequestEntry[] {
  const news = transitions.filter(({ kind }) => kind === "opened" || kind === "resolved");
  const parts = partsOf(groups);
  // No news, and yet something is due, such as a repeat of what counted on: still one entry, for the groups.
  const alerts = (news.length > 0 ? news : transitions.slice(0, 1)).map(({ alert }) => alert);
  return Array.from({ length: Math.max(alerts.length, parts.length) }, (_, at) => {
    const alert = alerts[at];
    return {
      EventBusName: bus,
      Source: EVENT_SOURCE,
      DetailType: alert?.status === "resolved" ? "Alert Resolved" : "Alert Firing",
      Detail: JSON.stringify({ alert: alert && fitting(alert), groups: parts[at], round }),
    };
  });
}

/** The alert, without its events where it is too large with them. */
function fitting(alert: Transition["alert"]): Transition["alert"] {
  return Buffer.byteLength(JSON.stringify(alert)) > MAX_ALERT ? { ...alert, events: [] } : alert;
}

/** In order, as few parts as their size allows; none where there are no groups. */
function partsOf(groups: readonly string[]): string[][] {
  return packed(groups, MAX_GROUPS, Number.POSITIVE_INFINITY, (group) => Buffer.byteLength(JSON.stringify(group)) + 1);
}

/** As few requests as the limits allow, in order. */
export function requestsOf(entries: readonly PutEventsRequestEntry[]): PutEventsRequestEntry[][] {
  const size = ({ Source = "", DetailType = "", Detail = "" }: PutEventsRequestEntry) =>
    Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
  return packed(entries, MAX_REQUEST, MAX_ENTRIES, size);
}

function packed<T>(items: readonly T[], maxSize: number, maxItems: number, sizeOf: (item: T) => number): T[][] {
  const packs: T[][] = [];
  let left = 0;
  for (const item of items) {
    const size = sizeOf(item);
    const pack = packs.at(-1);
    if (pack !== undefined && size <= left && pack.length < maxItems) {
      pack.push(item);
      left -= size;
      continue;
    }
    packs.push([item]);
    left = maxSize - size;
  }
  return packs;
}
