// One scheduled poll: the sources of one kind, each no more often than its `every`.
import type { App } from "../app/deps.ts";
import { type PollReport, pollSource } from "../app/poll.ts";
import { type SourceRow, sourceKey } from "../app/rows.ts";
import type { SourceConfig } from "../model/config.ts";
import type { SourceKind } from "../model/event.ts";

/** The schedule's own beat (serverless.yml); ms. */
const BEAT_MS = 60_000;

/** What a run led to, for the log; errors of single targets are logged where they happen. */
export interface PollSummary extends Omit<PollReport, "failing"> {
  failing: number;
}

/** Polls every source of the kind that is due. Rejects where the store fails, once every source has been tried. */
export async function pollKind(app: App, kind: SourceKind, signal: AbortSignal): Promise<PollSummary[]> {
  const sources = app.config.sources.filter((source) => source.kind === kind);
  const polls = await Promise.allSettled(sources.map((source) => pollDue(app, source, signal)));
  return polls.flatMap((poll) => {
    if (poll.status === "rejected") throw poll.reason;
    return poll.value ?? [];
  });
}

async function pollDue(app: App, source: SourceConfig, signal: AbortSignal): Promise<PollSummary | undefined> {
  if (!(await isDue(app, source))) return undefined;
  const { failing, ...report } = await pollSource(app, source, signal);
  return { ...report, failing: Object.keys(failing).length };
}

/** Half a beat of tolerance: a schedule is never exact, and a source of 5m is meant to be polled every fifth minute. */
async function isDue(app: App, source: SourceConfig): Promise<boolean> {
  if (source.every <= BEAT_MS) return true;
  const row = await app.store.get<SourceRow>(sourceKey(source.id));
  return row === undefined || row.data.lastRunAt + source.every - BEAT_MS / 2 <= app.clock.now();
}
