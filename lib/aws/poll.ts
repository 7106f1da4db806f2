// One scheduled poll: the sources of one kind, each no more often than its `every`.
import type { App } from "../app/deps.ts";
import { readBare } from "../app/persistence/shard-rows.ts";
import type { BareRow } from "../app/persistence/source-rows.ts";
import { pollSources } from "../app/polling/poll.ts";
import type { PollReport } from "../app/polling/poll-shard.ts";
import type { SourceConfig } from "../model/config.ts";
import type { SourceKind } from "../model/source-kinds.ts";

/** The schedule's own beat (serverless.yml); ms. */
export const BEAT_MS = 60_000;

/** What a run led to, for the log; errors of single targets are logged where they happen. */
export interface PollSummary extends Omit<PollReport, "failing"> {
  failing: number;
}

/** A poll that found nothing out, though its work is done and recorded: for people, and for Lambda to count. */
export class PollFailed extends Error {
  override name = "PollFailed";
}

/**
 * Polls every source of the kind that is due, whatever becomes of the others. Where a poll failed it rejects once all
 * is done and recorded, with PollFailed: a failed invocation is what Lambda counts and an alarm can look at.
 */
export async function pollKind(app: App, kind: SourceKind, signal: AbortSignal): Promise<PollSummary[]> {
  const due: SourceConfig[] = [];
  for (const source of app.config.sources) if (source.kind === kind && (await isDue(app, source))) due.push(source);
  const { reports, errors } = await pollSources(app, due, signal);
  const summaries = reports.map(summaryOf);
  const failures = reports.flatMap((report) => failureOf(report) ?? []);
  for (const [source, error] of errors) failures.push(`source ${source}: ${(error as Error).message}`);
  if (failures.length === 0) return summaries;
  // A failed invocation has no result: what became of each source is logged here.
  app.log.info("polled", { result: summaries });
  throw new PollFailed(`${failures.length} of ${due.length} polls of ${kind} failed. ${failures.join("; ")}`);
}

export function summaryOf({ failing, ...report }: PollReport): PollSummary {
  return { ...report, failing: Object.keys(failing).length - report.unreached };
}

/** Why a poll counts as failed as a whole; one unread target among others is the health check's. */
export function failureOf({
  source,
  discoveryError,
  failing,
  targets,
  found,
  interrupted,
}: PollReport): string | undefined {
  if (discoveryError !== undefined)
    return `source ${source}: its project or its targets could not be found out: ${discoveryError}`;
  const unread = Object.values(failing);
  // Stopped by its deadline with something found, it got on: the next one reads the rest.
  if (targets === 0 || unread.length < targets || (interrupted && found > 0)) return undefined;
  // Another run was faster at each of them.
  if (!interrupted && unread.every(({ kind }) => kind === "interrupted")) return undefined;
  return `source ${source}: none of its ${targets} targets was read: ${unread[0]!.error}`;
}

async function isDue(app: App, source: SourceConfig): Promise<boolean> {
  if (source.every <= BEAT_MS) return true;
  try {
    return isDueBy(source, await readBare(app, source.id), app.clock.now());
  } catch {
    // Its own poll says why, and keeps no other from its turn.
    return true;
  }
}

/**
 * Half a beat of tolerance: a schedule is never exact, and a source of 5m is meant to be polled every fifth minute.
 * What a run did not come to is read by the next beat's. `row` is the source's, or that of a shard.
 */
export function isDueBy({ every }: SourceConfig, row: BareRow | undefined, now: number): boolean {
  if (row === undefined || every <= BEAT_MS || row.lastRunAt + every - BEAT_MS / 2 <= now) return true;
  return Object.values(row.failing).some(({ kind }) => kind === "interrupted");
}
