// What an event that was evaluated did to an alert, found out afterwards from what the alert remembers.
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { hashOf } from "../../model/hash.ts";
import { KEPT_EVENTS } from "../../rules/alert.ts";
import type { CompiledRule, Touch } from "../../rules/compile.ts";

/** What the event did to an alert, or would do. */
export type EffectKind = "opened" | "counted" | "resolved" | "closed";

/** Undefined where the event did nothing to the alert. */
export function effectIn(
  { rule, steps, matches, resolves }: Touch,
  event: Event,
  alert: Alert,
): EffectKind | undefined {
  if (hasOpened(rule, event, alert)) return "opened";
  if (steps !== 0 && hasCounted(alert, event)) return "counted";
  const { absence, expect } = rule.config;
  const ends = resolves || (absence !== undefined && matches) || (expect !== undefined && (steps & 2) !== 0);
  return ends && alert.endsAt === event.time ? "resolved" : undefined;
}

/** Whether the alert was opened by the event, or by the deadline that began with it. */
export function hasOpened({ config }: CompiledRule, event: Event, alert: Alert): boolean {
  const time = Date.parse(event.time);
  const seeds = [event.id];
  if (config.expect) seeds.push(`${event.id} ${time + config.expect.within}`);
  if (config.absence) seeds.push(`${time + config.absence.for}`);
  return seeds.some((seed) => hashOf([alert.rule, alert.key, seed]) === alert.id);
}

/** Beyond its newest events, an alert is known to have counted what lies within its time. */
function hasCounted({ events, startsAt }: Alert, event: Event): boolean {
  if (events.some(({ id }) => id === event.id)) return true;
  const oldest = events[0]?.time ?? startsAt;
  return events.length === KEPT_EVENTS && startsAt <= event.time && event.time <= oldest;
}
