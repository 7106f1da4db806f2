// How many requests a second a project's APIs are asked, and how many the sources of it need.
import type { Config, SourceConfig } from "./config.ts";
import { projectOf } from "./project.ts";

type Polled = Pick<Config, "connections" | "sources">;

/** The budget towards the project of a connection: the smallest of those that its connections name. */
export function budgetOf({ connections }: Pick<Config, "connections">, name: string): number {
  const project = projectOf(connections, name);
  const same = Object.entries(connections).filter(([other]) => projectOf(connections, other) === project);
  return Math.min(...same.map(([, { requestsPerSecond }]) => requestsPerSecond));
}

/** The part of a project's budget that each kind of source has, where each is polled by a process of its own. */
export function shareOfKind({ connections, sources }: Polled, name: string): number {
  const project = projectOf(connections, name);
  const polling = sources.filter(({ connection }) => projectOf(connections, connection) === project);
  return 1 / Math.max(1, new Set(polling.map(({ kind }) => kind)).size);
}

/** A project whose sources need more requests than it is given. */
export interface Shortage {
  /** The source that needs most. */
  source: SourceConfig;
  /** Of that source. */
  targets: number;
  message: string;
  hint: string;
}

/** `targetsOf` gives how many targets a source has, each of which takes one request per poll. */
export function shortages(config: Polled, targetsOf: (source: SourceConfig) => number): Shortage[] {
  const projects = Map.groupBy(config.sources, ({ connection }) => projectOf(config.connections, connection));
  return [...projects.values()].flatMap((sources): Shortage[] => {
    const needs = sources.map((source) => ({ source, targets: targetsOf(source), rate: rateOf(source, targetsOf) }));
    const needed = needs.reduce((sum, { rate }) => sum + rate, 0);
    const { source, targets } = needs.reduce((most, one) => (one.rate > most.rate ? one : most));
    const budget = budgetOf(config, source.connection);
    if (needed <= budget) return [];
    const others = needs.filter(({ rate }) => rate > 0).length > 1 ? " with those of the project's other sources" : "";
    const message =
      `the ${targets === 1 ? "target" : `${targets} targets`} of "${source.id}" ${targets === 1 ? "needs" : "need"} ${shown(needed)} requests a second${others}, but the budget of the ` +
      `connection "${source.connection}" is ${shown(budget)}: a round takes ${span((source.every * needed) / budget)}, ` +
      `not ${span(source.every)}`;
    const hint =
      "raise every, raise requestsPerSecond where the cloud allows it, or poll fewer targets (targets, discover)";
    return [{ source, targets, message, hint }];
  });
}

function rateOf(source: SourceConfig, targetsOf: (source: SourceConfig) => number): number {
  return (targetsOf(source) * 1_000) / source.every;
}

function shown(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}

/** A length of time as people write it; ms. */
function span(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120 && seconds !== 60) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  return `${Math.floor(minutes / 60)}h${minutes % 60 === 0 ? "" : ` ${minutes % 60}m`}`;
}
