// Reads that go on beyond their round: a target that answers slowly, or has much to tell, keeps no other target waiting.
import type { SourceConfig } from "../model/config.ts";
import type { App } from "./deps.ts";
import { readTarget, type TargetRead } from "./target.ts";

/** A daemon's round waits for a target half its interval, and at most so long; ms. */
const PATIENCE_MS = 30_000;

/** A read that its round did not wait for. */
export interface Behind {
  /** Resolves once it is over; never rejects. */
  done: Promise<void>;
  isOver: boolean;
  /** Why it failed, once it is over; undefined: it did not. */
  error?: unknown;
  /** When the newest read began that came to its end beyond its round; ms. */
  readTo: number | undefined;
}

export function behindKey(source: SourceConfig, target: string): string {
  return `${source.id}/${target}`;
}

/**
 * Reads the target. False where that takes longer than its round waits: it goes on by itself then, makes known itself what it leads
 * to, and until it is over no round reads the target again. Rejects as readTarget does.
 */
export async function readInTime(read: TargetRead, earlier: Behind | undefined): Promise<boolean> {
  const { source, app } = read;
  const reading = readTarget(read);
  if (await isFulfilledWithin(reading, Math.min(source.every / 2, PATIENCE_MS))) return true;
  goOn(app, read, reading, earlier?.readTo);
  return false;
}

function goOn(app: App, read: TargetRead, reading: Promise<void>, readTo: number | undefined): void {
  const key = behindKey(read.source, read.target.id);
  const round = { id: `${key}/${read.now}`, transitions: [], groups: new Set<string>() };
  read.round = round;
  const behind: Behind = { isOver: false, done: Promise.resolve(), readTo };
  behind.done = reading
    .then(() => {
      if (read.report.complete) behind.readTo = read.now;
    })
    .catch((error: unknown) => {
      behind.error = error;
    })
    .then(() => (round.groups.size > 0 ? app.bus.publish(round.transitions, [...round.groups], round.id) : undefined))
    // A lost ring delays, and never loses.
    .catch(() => {})
    .finally(() => {
      behind.isOver = true;
    });
  app.behind.set(key, behind);
}

/** By the machine's own time, as requests time out: rejects as the work does. */
async function isFulfilledWithin(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Once those that are still being read have ended: a process that stops leaves nothing half done. */
export async function allCaughtUp({ behind }: App): Promise<void> {
  await Promise.all([...behind.values()].map(({ done }) => done));
}
