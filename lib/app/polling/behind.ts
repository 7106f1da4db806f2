// Reads that go on beyond their round: a target that answers slowly, or has many events, keeps no
// other target waiting.
import type { SourceConfig } from "../../model/config.ts";
import { CloudError } from "../../sources/cloud/client.ts";
import type { App, Behind, Discovered } from "../deps.ts";
import { endRound, newRound } from "../groups/round.ts";
import { isOverWithin } from "../parallel.ts";
import type { TargetRead } from "./target-commit.ts";

/** A round waits for a target half its interval, and at most so long; ms. */
const PATIENCE_MS = 30_000;

export function behindKey(source: SourceConfig, target: string): string {
  return `${source.id}/${target}`;
}

/** How many targets of a source are being read beyond their rounds. */
export function countBehind({ behind }: App, { id }: SourceConfig): number {
  return [...behind].filter(([key, { isOver }]) => !isOver && key.startsWith(`${id}/`)).length;
}

/** How long a round waits for a target; ms, by the machine's own time, as requests time out. */
export function patienceFor({ every }: SourceConfig): number {
  return Math.min(every / 2, PATIENCE_MS);
}

/**
 * The read's round waits for it no more. It goes on by itself, makes known itself what it leads to, and until it is
 * over no round reads the target again.
 */
export function goOn(read: TargetRead, reading: Promise<void>, earlier: Behind | undefined): Behind {
  const { app } = read;
  const key = behindKey(read.source, read.target.id);
  const round = newRound(app, key, read.now);
  read.round = round;
  const behind: Behind = { isOver: false, done: Promise.resolve(), readTo: earlier?.readTo };
  behind.done = reading
    .then(() => {
      if (read.report.complete) behind.readTo = read.now;
    })
    .catch((error: unknown) => {
      behind.error = error;
    })
    .then(() => endRound(app, round))
    // A lost ring delays, and never loses.
    .catch(() => {})
    .finally(() => {
      behind.isOver = true;
    });
  app.behind.set(key, behind);
  return behind;
}

/**
 * What is discovered, and as of when. Throws CloudError "endless" where that takes longer than a round waits: it
 * goes on, and a later round has it.
 */
export async function discoverInTime(
  app: App,
  source: SourceConfig,
  discover: () => Promise<Discovered>,
): Promise<Discovered & { at: number }> {
  const discovery = app.discoveries.get(source.id) ?? { at: app.clock.now(), found: discover() };
  app.discoveries.set(source.id, discovery);
  if (!(await isOverWithin(discovery.found, patienceFor(source)))) {
    throw new CloudError("endless", "listing the targets takes longer than a round lasts, and goes on");
  }
  app.discoveries.delete(source.id);
  return { ...(await discovery.found), at: discovery.at };
}

/** Once those that are still being read have ended: a process that stops leaves nothing half done. */
export async function allCaughtUp({ behind, discoveries }: App): Promise<void> {
  await Promise.all([...behind.values()].map(({ done }) => done));
  await Promise.allSettled([...discoveries.values()].map(({ found }) => found));
}
