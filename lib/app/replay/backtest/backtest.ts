// What configurations would have notified of in the past: their rules' sources are read once, and each is replayed over
// what was found by the application itself, then counted alert by alert.
import { setImmediate } from "node:timers/promises";
import type { Config } from "../../../model/config.ts";
import { compileRules } from "../../../rules/compile.ts";
import type { App } from "../../deps.ts";
import { startReplay } from "../replay.ts";
import { type Comparison, compareOutcomes } from "./compare.ts";
import { type History, readHistory } from "./history.ts";
import type { ReadProgress, SourceHistory, Unread } from "./history-source.ts";
import type { Outcome } from "./outcome.ts";
import { createTally } from "./tally.ts";

const DAY_MS = 86_400_000;

export interface BacktestOptions {
  /** How far back; ms. */
  since: number;
  /** Only this rule of each configuration. Default: all. */
  rule?: string | undefined;
  /** Another configuration to be judged by the same history: that of the app's sources. */
  other?: Config | undefined;
  signal: AbortSignal;
  /** Called often. */
  reading(now: ReadProgress): void;
  evaluating(now: { done: number; of: number }): void;
}

export interface Backtest extends Outcome {
  since: string;
  until: string;
  sources: SourceHistory[];
  /** What is missing in the history; empty where everything was read. */
  unread: Unread[];
  /** Present where another configuration was judged, too. */
  compare?: Comparison;
}

/**
 * Sends nothing and stores nothing (the app's store is to be a sandbox). Rejects with the signal's reason where it
 * aborts, and with StoreError where the disk takes no more; what cannot be read is in the result.
 */
export async function backtest(app: App, options: BacktestOptions): Promise<Backtest> {
  const { since, rule, other, signal, reading, evaluating } = options;
  const configs = [app.config, ...(other === undefined ? [] : [other])].map((config): Config => {
    const rules = config.rules.filter(({ id }) => rule === undefined || id === rule);
    const { sources, connections } = app.config;
    return { ...config, rules, sources, connections };
  });
  const fed = new Set(configs.flatMap(({ rules, sources }) => feedsOf(rules, sources)));
  const sources = app.config.sources.filter(({ id }) => fed.has(id));
  const history = await readHistory(app, { since, sources, signal, progress: reading });
  try {
    const of = configs.length * history.sources.reduce((sum, { events }) => sum + events, 0);
    let before = 0;
    const outcomes: Outcome[] = [];
    for (const config of configs) {
      outcomes.push(await judge(history, config, signal, (done) => evaluating({ done: before + done, of })));
      before += of / configs.length;
    }
    const [outcome, compared] = outcomes;
    return {
      since: new Date(history.start).toISOString(),
      until: new Date(history.end).toISOString(),
      sources: history.sources,
      unread: history.unread,
      ...outcome!,
      ...(compared === undefined ? {} : { compare: compareOutcomes(outcome!, compared) }),
    };
  } finally {
    history.close();
  }
}

/** Ids of the sources whose events may concern the rules. */
function feedsOf(rules: Config["rules"], sources: Config["sources"]): string[] {
  return compileRules(rules, sources).all.flatMap(({ feeds }) => feeds.map(({ id }) => id));
}

async function judge(
  history: History,
  config: Config,
  signal: AbortSignal,
  progress: (events: number) => void,
): Promise<Outcome> {
  const { start, end } = history;
  const tally = createTally(config.rules.map(({ id }) => id));
  const replay = await startReplay({ config, start, targets: history.targets, polledUntil: end });
  function count(): void {
    for (const { transition } of replay.transitions) tally.transition(transition);
    for (const { at, notification } of replay.notifications) tally.message(at, notification);
    replay.forget();
  }
  try {
    let done = 0;
    for (const { at, events, ended } of history.slices()) {
      await replay.feed(at, events, ended);
      count();
      done += events.length;
      progress(done);
      // The replay waits for nobody: without this, signals would wait for its end.
      await setImmediate();
      signal.throwIfAborted();
    }
    await replay.passTo(end);
    count();
    return tally.outcome((end - start) / DAY_MS, await replay.waiting());
  } finally {
    await replay.close();
  }
}
