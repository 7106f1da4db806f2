// Escalation: each step of a route's `escalate` is a route of its own, derived from it, that alerts join
// when their time has come. Pure.
import type { RouteConfig } from "../model/config.ts";
import { hashOf } from "../model/hash.ts";
import { Severity } from "../model/severity.ts";

/** One step of a route's `escalate`. */
export interface Step {
  /** Its place in the route's list. */
  index: number;
  /** How long after the first notification; ms. */
  after: number;
  /** Where the alert goes then. */
  route: RouteConfig;
}

/**
 * The steps of a route, in their order. Whoever joins one is notified at once: nothing waits for a group's interval.
 */
export function stepsOf(route: RouteConfig): Step[] {
  return route.escalate.map(({ after, channels }, index) => {
    const own: RouteConfig = {
      ...route,
      id: hashOf([route.id, "escalate", index], 16),
      match: undefined,
      continue: false,
      channels: [...channels],
      groupWait: 0,
      urgent: [...Severity.options],
      escalate: [],
      escalation: true,
      routes: [],
    };
    return { index, after, route: own };
  });
}
