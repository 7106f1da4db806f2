// One limiter for each cloud project, shared by all of this process's connections to it.
import { budgetOf } from "../../model/budget.ts";
import type { Clock } from "../../model/clock.ts";
import type { Config } from "../../model/config.ts";
import { projectOf } from "../../model/project.ts";
import { createLimiter, type Limiter } from "../../sources/cloud/limiter.ts";

/** Requests to one project under way at once. */
const CONCURRENCY = 24;

/** The part of a connection's budget that this process may use, from 0 to 1; it may change. */
export type Share = (connection: string) => number;

/** From a connection's name to its limiter. */
export function createBudgets(config: Config, clock: Clock, share: Share): (connection: string) => Limiter {
  const limiters = new Map<string, Limiter>();
  function limiterOf(connection: string): Limiter {
    const part = share(connection);
    const name = JSON.stringify([projectOf(config.connections, connection), part]);
    const rate = budgetOf(config, connection) * part;
    const limiter = limiters.get(name) ?? createLimiter(clock, { concurrency: CONCURRENCY, rate });
    limiters.set(name, limiter);
    return limiter;
  }
  return (connection) => ({ run: (work, signal, patient) => limiterOf(connection).run(work, signal, patient) });
}
