// A function's tick: the application's (app/tick.ts), and for the log what it did in numbers.
import type { App } from "../app/deps.ts";
import type { Problem } from "../app/health/problem.ts";
import { type TickParts, tick } from "../app/tick.ts";
import type { Queue } from "./queue.ts";
import { createRinger } from "./rings.ts";

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
  /** How many deliveries were made, and how many were tried, or their channels rung for. */
  made: number;
  tried?: number;
  rung?: number;
}

/** With a queue for `deliver` nothing is sent here: the channels are rung. */
export async function tickSummary(
  app: App,
  signal: AbortSignal,
  parts: TickParts,
  deliver?: Queue,
): Promise<TickSummary> {
  const { problems, ...done } = deliver
    ? await ringing(app, signal, parts, deliver)
    : await sending(app, signal, parts);
  return { ...(parts.health && { problems }), ...done };
}

async function sending(app: App, signal: AbortSignal, parts: TickParts): Promise<TickSummary> {
  const { problems, fired, made, tried } = await tick(app, signal, parts);
  return { problems, ...(parts.timers && { fired }), made, tried: tried.length };
}

async function ringing(app: App, signal: AbortSignal, parts: TickParts, queue: Queue): Promise<TickSummary> {
  const sender = createRinger(app, queue, signal, () => parts.due === true);
  const rings: Promise<void>[] = [];
  const keep = (sent: Promise<void>): void => {
    // What fails of it fails at the end.
    sent.catch(() => {});
    rings.push(sent);
  };
  try {
    const { problems, fired, made } = await tick(app, signal, parts, { sender, keep });
    await Promise.all(rings);
    return { problems, ...(parts.timers && { fired }), made, rung: sender.rung() };
  } finally {
    // A function is frozen as it ends.
    await Promise.allSettled(rings);
  }
}
