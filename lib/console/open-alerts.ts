// What is open, read once for everybody who looks: however many pages there are, the store is asked at most once a
// second, only while somebody looks, and more seldom where that takes long.
import type { App } from "../app/deps.ts";
import { type OpenRow, openRows } from "../app/queries/lists.ts";
import type { Alert } from "../model/alert.ts";
import type { Clock } from "../model/clock.ts";
import { hashOf } from "../model/hash.ts";
import { Severity } from "../model/severity.ts";

/** How old may be what is shown, and how often those are looked after who wait; ms. */
const LOOK_MS = 1_000;
/** After a look that took long the next one comes no sooner than so many times as long. */
const REST = 10;
/** A look that takes longer keeps nobody waiting who has seen nothing older than this: what was known is shown; ms. */
const LONG_MS = 50;
const STALE_MS = 30_000;

/** An open alert without its events, and the row that has them. */
export type OpenLine = OpenRow<Omit<Alert, "events">>;

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
  /** As it is now. */
  readAnew(): Promise<OpenAlerts>;
  /** This process has just changed something: who reads then sees it. */
  touch(): void;
  /** Resolves once it is no more as in `version`, after `within` ms, or when the signal aborts. */
  changed(version: string, within: number, signal: AbortSignal): Promise<OpenAlerts>;
}

interface Waiting {
  version: string;
  until: number;
  resolve: (now: OpenAlerts) => void;
}

export function watchAlerts(current: () => App, clock: Clock): Watch {
  let known: OpenAlerts | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  /** How long the last look took; ms. */
  let took = 0;
  let touched = false;
  let reading: Promise<OpenAlerts> | undefined;
  let isWatching = false;
  const waiting = new Set<Waiting>();

  function look(): Promise<OpenAlerts> {
    reading ??= readOpen(current())
      .then((found) => {
        took = Math.max(0, clock.now() - readAt);
        known = found;
        return found;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }
  async function readAnew(): Promise<OpenAlerts> {
    // One that is under way may have begun before what is asked for was there.
    await reading?.catch(() => {});
    if (reading === undefined) {
      touched = false;
      readAt = clock.now();
    }
    return look();
  }
  async function read(): Promise<OpenAlerts> {
    const age = Math.abs(clock.now() - readAt);
    if (known === undefined || touched) return readAnew();
    if (age < Math.max(LOOK_MS, took * REST)) return known;
    const next = readAnew();
    if (took < LONG_MS || age > STALE_MS) return next;
    next.catch(() => {});
    return known;
  }
  /** One look for all who wait; it ends with the last of them. */
  async function watch(): Promise<void> {
    if (isWatching) return;
    isWatching = true;
    while (waiting.size > 0) {
      await clock.sleep(LOOK_MS);
      const now = await read().catch(() => known);
      if (now === undefined) continue;
      const time = clock.now();
      for (const one of [...waiting]) if (now.version !== one.version || time >= one.until) one.resolve(now);
    }
    isWatching = false;
  }
  return {
    read,
    readAnew,
    touch() {
      touched = true;
    },
    async changed(version, within, signal) {
      const first = await read();
      if (first.version !== version || signal.aborted) return first;
      const { promise, resolve } = Promise.withResolvers<OpenAlerts>();
      const one: Waiting = { version, until: clock.now() + within, resolve };
      const end = () => resolve(first);
      waiting.add(one);
      signal.addEventListener("abort", end, { once: true });
      void watch();
      return promise.finally(() => {
        waiting.delete(one);
        signal.removeEventListener("abort", end);
      });
    },
  };
}

async function readOpen(app: App): Promise<OpenAlerts> {
  const lines = await openRows(app, ({ events: _, ...alert }) => alert);
  lines.reverse().sort((a, b) => rankOf(a) - rankOf(b));
  const counts = new Map<string, number>(Severity.options.map((severity) => [severity, 0]));
  for (const { alert } of lines) counts.set(alert.severity, (counts.get(alert.severity) ?? 0) + 1);
  const shown = lines.map(({ alert }) => [
    alert.id,
    alert.count,
    alert.updatedAt,
    alert.acknowledgedBy,
    alert.suppressedBy,
  ]);
  return { lines, version: hashOf(shown, 16), counts };
}

/** What nobody has seen to comes first, then what is held back, such as what follows from another alert. */
function rankOf({ alert: { severity, acknowledgedBy, suppressedBy } }: OpenLine): number {
  const back = acknowledgedBy !== null ? 2 : suppressedBy.length > 0 ? 1 : 0;
  return back * Severity.options.length + Severity.options.indexOf(severity);
}
