// What is open, read once for everybody who looks: however many pages there are, the store is asked at most once a
// second, and only while somebody looks.
import type { App } from "../app/deps.ts";
import { type OpenRow, openRows } from "../app/queries/lists.ts";
import { Severity } from "../model/alert.ts";
import type { Clock } from "../model/clock.ts";
import { hashOf } from "../model/hash.ts";
import type { Key } from "../store/port.ts";

/** What this process changed is seen after this, what others did after `OTHERS_MS`; ms. */
const OWN_MS = 1_000;
const OTHERS_MS = 5_000;

/** An open alert without its events, and the row that has them. */
export interface OpenLine extends Omit<OpenRow, "alert"> {
  alert: Omit<OpenRow["alert"], "events">;
  key: Key;
}

export interface OpenAlerts {
  /** Those that nobody has first, then the most urgent, then the newest. */
  lines: readonly OpenLine[];
  /** Changes whenever anything does that a list shows. */
  version: string;
  /** How many of each severity, the most urgent first. */
  counts: ReadonlyMap<string, number>;
}

export interface Watch {
  /** As it is now, or was a moment ago. */
  read(): Promise<OpenAlerts>;
  /** This process has just changed something. */
  touch(): void;
  /** Resolves once it is no more as in `version`, or when the signal aborts. */
  changed(version: string, signal: AbortSignal): Promise<OpenAlerts>;
}

export function watchAlerts(current: () => App, clock: Clock): Watch {
  let known: OpenAlerts | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  let touchedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<OpenAlerts> | undefined;
  let isWatching = false;
  const waiting = new Set<(now: OpenAlerts) => void>();

  function isFresh(now: number): boolean {
    const age = Math.abs(now - readAt);
    return age < OWN_MS || (age < OTHERS_MS && touchedAt < readAt);
  }
  async function read(): Promise<OpenAlerts> {
    const now = clock.now();
    if (known !== undefined && isFresh(now)) return known;
    reading ??= readOpen(current())
      .then((found) => {
        readAt = now;
        known = found;
        return found;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }
  /** One look for all who wait; it ends with the last of them. */
  async function watch(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    while (waiting.size > 0) {
      await clock.sleep(OWN_MS);
      const now = await read().catch(() => undefined);
      if (now !== undefined) for (const tell of [...waiting]) tell(now);
    }
    isWatching = false;
  }
  return {
    read,
    touch() {
      touchedAt = clock.now();
    },
    async changed(version, signal) {
      const first = await read();
      if (first.version !== version || signal.aborted) return first;
      const { promise, resolve } = Promise.withResolvers<OpenAlerts>();
      const look = (now: OpenAlerts) => {
        if (now.version !== version) resolve(now);
      };
      const end = () => resolve(first);
      waiting.add(look);
      signal.addEventListener("abort", end, { once: true });
      if (waiting.size === 1) void watch();
      return promise.finally(() => {
        waiting.delete(look);
        signal.removeEventListener("abort", end);
      });
    },
  };
}

async function readOpen(app: App): Promise<OpenAlerts> {
  const rows = (await openRows(app)).reverse().sort((a, b) => rankOf(a) - rankOf(b));
  const counts = new Map<string, number>(Severity.options.map((severity) => [severity, 0]));
  const lines = rows.map(({ alert: { events: _, ...alert }, key }): OpenLine => {
    counts.set(alert.severity, (counts.get(alert.severity) ?? 0) + 1);
    return { alert, key };
  });
  const shown = lines.map(({ alert }) => [
    alert.id,
    alert.count,
    alert.updatedAt,
    alert.acknowledgedBy,
    alert.suppressedBy,
  ]);
  return { lines, version: hashOf(shown, 16), counts };
}

function rankOf({ alert: { severity, acknowledgedBy } }: OpenRow): number {
  const taken = acknowledgedBy === null ? 0 : Severity.options.length;
  return taken + Severity.options.indexOf(severity);
}
