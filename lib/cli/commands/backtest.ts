// `lookout backtest`: what would have been notified in the last days, by this configuration or by another one.
import { isDeepStrictEqual } from "node:util";
import { wallClock } from "../../app/clock.ts";
import { sandboxOf } from "../../app/persistence/sandbox.ts";
import { type Backtest, backtest } from "../../app/replay/backtest/backtest.ts";
import type { Config } from "../../model/config.ts";
import { MAX_DURATION, parseDuration } from "../../model/duration.ts";
import { DONE, type Io, jsonDocument, UsageError, WRONG } from "../io.ts";
import { assemble, type CommonOptions, openStore, readConfig, readOwnConfig } from "../open.ts";
import { describeBacktest } from "../print/backtest-report.ts";
import { stopSignals } from "./run.ts";

/** How often it says how far it is; ms. */
const SHOW_MS = 1_000;
const DAY_MS = 86_400_000;

export interface BacktestCommandOptions extends CommonOptions {
  since: string;
  rule?: string;
  /** Another configuration. */
  compare?: string;
}

/** Exit 1: something could not be read, or it was stopped. */
export async function backtestCommand(io: Io, options: BacktestCommandOptions): Promise<number> {
  const since = spanOf(options.since);
  const config = await readOwnConfig(io, options);
  const other = options.compare === undefined ? undefined : (await readConfig(options.compare, io.redactor)).config;
  checkRule(options, [config.config, ...(other === undefined ? [] : [other])]);
  const store = await openStore(io, config, options.state);
  const stop = stopSignals();
  const teller = createTeller(io);
  try {
    const { app } = assemble(io, config, sandboxOf(store), { async publish() {} });
    for (const part of ["sources", "connections"] as const) {
      if (other === undefined || isDeepStrictEqual(other[part], config.config[part])) continue;
      teller.now(`the ${part} of ${options.compare} differ: both are judged by what those of ${options.config} show`);
    }
    const result = await backtest(app, {
      since,
      rule: options.rule,
      other,
      signal: stop.signal,
      reading: ({ targets, read, events }) => {
        teller.soon(read === targets, `read ${read} of ${targets} targets, ${events} events`);
      },
      evaluating: ({ done, of }) => teller.soon(done === of, `evaluated ${done} of ${of} events`),
    });
    report(io, result, options);
    return result.unread.length === 0 ? DONE : WRONG;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    teller.now(`${(error as Error).message}: nothing was sent or stored`);
    return WRONG;
  } finally {
    stop.end();
    await store.close();
  }
}

function report(io: Io, result: Backtest, { config, compare, rule, json }: BacktestCommandOptions): void {
  const names = { config, ...(rule === undefined ? {} : { rule }), ...(compare === undefined ? {} : { compare }) };
  if (json) jsonDocument(io, { ...names, ...result, ...(compare === undefined ? {} : { comparedTo: compare }) });
  else io.out(describeBacktest(io, result, names));
}

function spanOf(text: string): number {
  const span = parseDuration(text);
  if (span !== undefined && span > 0) return span;
  throw new UsageError(`--since ${text}: expected a duration such as 30m, 2h or 7d, at most ${MAX_DURATION / DAY_MS}d`);
}

function checkRule({ rule, config, compare }: BacktestCommandOptions, configs: readonly Config[]): void {
  const ids = new Set(configs.flatMap(({ rules }) => rules.map(({ id }) => id)));
  if (rule === undefined || ids.has(rule)) return;
  const where = compare === undefined ? config : `${config} and ${compare}`;
  throw new UsageError(`--rule ${rule}: there is no such rule in ${where}; there are ${[...ids].sort().join(", ")}`);
}

/** Says on stderr how far it is, a line a second, nothing twice. */
function createTeller(io: Io) {
  let shownAt = 0;
  let last = "";
  const now = (text: string) => {
    if (text !== last) io.err(`backtest: ${text}\n`);
    last = text;
  };
  return {
    now,
    /** What is the end of something is said whenever it comes. */
    soon(end: boolean, text: string): void {
      const at = wallClock.now();
      if (!end && at - shownAt < SHOW_MS) return;
      shownAt = at;
      now(text);
    },
  };
}
