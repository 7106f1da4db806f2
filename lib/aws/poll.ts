// One scheduled poll: the sources of one kind, each no more often than its `every`.
import type { App } from "../app/deps.ts";
import { type PollReport, pollSources } from "../app/poll.ts";
import { type SourceRow, sourceKey } from "../app/rows.ts";
import type { SourceConfig } from "../model/config.ts";
import type { SourceKind } from "../model/event.ts";

/** The schedule's own beat (serverless.yml); ms. */
const BEAT_MS = 60_000;

/** What a run led to, for the log; errors of single targets are logged where they happen. */
export interface PollSummary extends Omit<PollReport, "failing"> {
  failing: number;
}

/** Polls every source of the kind that is due. Rejects where the store fails, once what was under way has ended. */
export async function pollKind(app: App, kind: SourceKind, signal: AbortSignal): Promise<PollSummary[]> {
  const due: SourceConfig[] = [];
  for (const source of app.config.sources) if (source.kind === kind && (await isDue(app, source))) due.push(source);
  const polls = await pollSources(app, due, signal);
  return polls.map(({ failing, ...report }) => {
    return { ...report, failing: Object.keys(failing).length - report.unreached };
  });
}

/**
 * Half a beat of tolerance: a schedule is never exact, and a source of 5m is meant to be polled every fifth minute. What a run did not
 * come to is read by the next beat's.
 */
async function isDue(app: App, source: SourceConfig): Promise<boolean> {
  if (source.every <= BEAT_MS) return true;
  const row = await app.store.get<SourceRow>(sourceKey(source.id));
  if (row === undefined || row.data.lastRunAt + source.every - BEAT_MS / 2 <= app.clock.now()) return true;
  return Object.values(row.data.failing).some(({ kind }) => kind === "interrupted");
}
