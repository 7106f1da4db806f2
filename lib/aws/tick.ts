// A function's tick: the application's (app/tick.ts), and for the log what it did in numbers.
import type { App } from "../app/deps.ts";
import type { Problem } from "../app/health/problem.ts";
import { type TickParts, tick } from "../app/tick.ts";

/**
 * Before the deadline: a delivery in hand is sent (15 s at most) and recorded, and never sent twice
 * for lack of time. ms
 */
export const SENDING_RESERVE = 20_000;

export interface TickSummary {
  /** Where health was checked. */
  problems?: Problem[];
  /** How many deadlines fired, where they were looked at. */
  fired?: number;
  /** How many deliveries were made, and how many were tried. */
  made: number;
  tried: number;
}

export async function tickSummary(app: App, signal: AbortSignal, parts: TickParts): Promise<TickSummary> {
  const { problems, fired, made, tried } = await tick(app, signal, parts);
  return { ...(parts.health && { problems }), ...(parts.timers && { fired }), made, tried: tried.length };
}
