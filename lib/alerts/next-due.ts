// The waits of a group: when its news, repeats and steps are due. decide.ts applies them.
import type { RouteConfig } from "../model/config.ts";
import { type Group, type Member, ROUND_WAIT_MS } from "./group.ts";

/** Of a route; `resend`: after so long its incident channels get incidents that fire again, absent: not. ms */
type Waits = Pick<RouteConfig, "groupWait" | "groupInterval" | "repeatInterval"> & { resend?: number };

export interface NextDue {
  /** When its news may leave; ms, past where it might have left already. */
  news: number;
  /** When it is notified again without any news; ms, infinite: not at all. */
  repeat: number;
}

/**
 * By the waits of the group's route. `urgent` are the times (ms) at which new alerts joined that wait for `groupWait`
 * alone; an incident waits for nothing.
 */
export function nextDue(group: Group, route: Waits, now: number, urgent: readonly number[] = []): NextDue {
  const { createdAt, lastAt, incident } = group;
  const repeat = (lastAt ?? now) + (incident ? (route.resend ?? Number.POSITIVE_INFINITY) : route.repeatInterval);
  if (incident || group.more) return { news: createdAt, repeat };
  if (lastAt === null) return { news: createdAt + route.groupWait, repeat };
  const waits = urgent.map((joined) => joined + route.groupWait);
  return { news: Math.min(lastAt + route.groupInterval, ...waits), repeat };
}

/** When a member waits no more for the end of its poll round; ms. */
export function roundDue({ at = 0 }: Pick<Member, "at">): number {
  return at + ROUND_WAIT_MS;
}

/** When a member that was notified takes a step of `escalate`, as far as nobody acknowledges it; ms. */
export function escalationDue(
  { notifiedAt, at = 0 }: Pick<Member, "notifiedAt" | "at">,
  { lastAt }: Pick<Group, "lastAt">,
  after: number,
): number {
  // An older version did not write down when it was notified first.
  return (notifiedAt ?? lastAt ?? at) + after;
}
