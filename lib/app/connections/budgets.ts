// One limiter for each cloud project, shared by all of this process's connections to it.
import { budgetOf, kindsPolling } from "../../model/budget.ts";
import type { Clock } from "../../model/clock.ts";
import type { Config } from "../../model/config.ts";
import { projectOf } from "../../model/project.ts";
import { createLimiter, type Limiter } from "../../sources/cloud/limiter.ts";

/** Requests to one project under way at once. */
const CONCURRENCY = 24;

/**
 * From a connection's name to its limiter. `perKind`: each kind of source is polled by a process of
 * its own, which has its share.
 */
export function createBudgets(config: Config, clock: Clock, perKind: boolean): (connection: string) => Limiter {
  const limiters = new Map<string, Limiter>();
  return (connection) => {
    const project = projectOf(config.connections, connection);
    const shares = perKind ? Math.max(1, kindsPolling(config, connection)) : 1;
    const limiter =
      limiters.get(project) ??
      createLimiter(clock, { concurrency: CONCURRENCY, rate: budgetOf(config, connection) / shares });
    limiters.set(project, limiter);
    return limiter;
  };
}
