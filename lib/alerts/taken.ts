// Whether somebody takes care of an alert, and whether its incident's service has heard of it.
import type { Alert } from "../model/alert.ts";
import type { Group, Member } from "./group.ts";

/** Somebody has taken care of it: until it is resolved nothing more is said of it by itself. */
export function isAcknowledged({ acknowledgedBy = null }: Alert): boolean {
  return acknowledgedBy !== null;
}

/** Whether the incident's service has not heard yet that somebody takes care of it. */
export function isTakenNews({ taken }: Member, alert: Alert, { incident }: Group): boolean {
  return incident && isAcknowledged(alert) && !taken;
}

/** Who takes care of it anew after nobody did is news again. */
export function stillTaken(member: Member, alert: Alert | undefined): Member {
  if (member.taken === undefined || (alert !== undefined && isAcknowledged(alert))) return member;
  const { taken: _before, ...rest } = member;
  return rest;
}
