// A fallback that was told of alerts which still fire hears of their end as well: from the delivery with which their
// own channel does. The deliveries of a lane hand on to each other what is known there. Pure.
import { lookup } from "../../model/lookup.ts";
import type { NotifiedAlert } from "../../model/notification.ts";
import type { Channel } from "../deps.ts";
import { shortOf } from "../persistence/by-time.ts";
import type { DeliveryRow, Elsewhere } from "../persistence/delivery-rows.ts";

/** At a fallback no more are known, the newest: each delivery of the lane has them. */
const MOST = 1_000;

/** Whether the fallback is to hear of ends that the channel is told: an incident is closed by itself (strays.ts). */
export function hearsEnds(channel: Pick<Channel, "sendResolved"> | undefined, fallback: Channel): boolean {
  return channel?.sendResolved === true && fallback.sendResolved && !fallback.type.incident;
}

/** What either knows. */
export function bothOf(a: Elsewhere = {}, b: Elsewhere = {}): Elsewhere {
  const both = new Map(Object.entries(a));
  for (const [channel, { last, alerts }] of Object.entries(b)) {
    const all = [...new Set([...(both.get(channel)?.alerts ?? []), ...alerts])];
    both.set(channel, { last, alerts: all.slice(-MOST) });
  }
  return Object.fromEntries(both);
}

/** What is known once the fallback was told of the alerts, lastly by the delivery `last`; undefined: by none. */
export function toldThere(
  known: Elsewhere | undefined,
  channel: string,
  alerts: readonly NotifiedAlert[],
  last: string | undefined,
): Elsewhere {
  const left = withoutEnded(known, channel, alerts);
  const firing = alerts.filter(({ status }) => status === "firing").map(({ id }) => shortOf(id));
  return last === undefined || firing.length === 0 ? left : bothOf(left, { [channel]: { last, alerts: firing } });
}

/** What is known once the fallback was told of the end of those alerts that have ended. */
export function withoutEnded(
  known: Elsewhere | undefined,
  channel: string,
  alerts: readonly NotifiedAlert[],
): Elsewhere {
  const ended = new Set(alerts.filter(({ status }) => status === "resolved").map(({ id }) => shortOf(id)));
  const there = lookup(known ?? {}, channel);
  const others = Object.fromEntries(Object.entries(known ?? {}).filter(([name]) => name !== channel));
  const left = there?.alerts.filter((id) => !ended.has(id)) ?? [];
  return there === undefined || left.length === 0 ? others : { ...others, [channel]: { ...there, alerts: left } };
}

/** Those of the alerts that have ended, as the fallback is still to hear. */
export function endedThere({ alerts }: Elsewhere[string], all: readonly NotifiedAlert[]): NotifiedAlert[] {
  const known = new Set(alerts);
  return all.filter((alert) => alert.status === "resolved" && known.has(shortOf(alert.id)));
}

/** The delivery, which knows that. */
export function knowing({ elsewhere: _before, ...row }: DeliveryRow, elsewhere: Elsewhere | undefined): DeliveryRow {
  return elsewhere === undefined || Object.keys(elsewhere).length === 0 ? row : { ...row, elsewhere };
}

/** The one that waited for the delivery knows what that one knew; one that went to the fallback knows it already. */
export function handOn({ elsewhere }: DeliveryRow, waiting: DeliveryRow): DeliveryRow {
  if (elsewhere === undefined || waiting.fellBackAt !== undefined) return waiting;
  return knowing(waiting, bothOf(elsewhere, waiting.elsewhere));
}
