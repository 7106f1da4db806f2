// Runs one rule over a timeline the way a poller does: batch after batch, each sorted by time, then its deadlines.
import type { RuleConfig, SourceConfig } from "../../lib/model/config.ts";
import type { Event } from "../../lib/model/event.ts";
import { compileRules } from "../../lib/rules/compile.ts";
import { live } from "../../lib/rules/live.ts";
import { emptyState, type KeyState, type Transition } from "../../lib/rules/state.ts";
import { START } from "../support/event.ts";

export const SOURCE: SourceConfig = {
  id: "services",
  kind: "service-events",
  connection: "prod",
  every: 60_000,
  lookback: 900_000,
  lateness: 600_000,
  levels: "all",
  targets: undefined,
  discover: undefined,
  labels: {},
};

export function ruleConfig(fields: Partial<RuleConfig>): RuleConfig {
  return { id: "r", when: { level: ["error"] }, by: ["resource.id"], labels: {}, ...fields };
}

/** What a poll at `at` minutes finds. `readTo`: minutes up to which every target is read; default: `at`. */
export interface Poll {
  at: number;
  events?: Event[];
  readTo?: number;
}

export interface Notified {
  kind: Transition["kind"];
  /** Minutes after START. */
  startsAt: number;
  endsAt: number | null;
  count: number;
  id: string;
}

/** The transitions of each poll, in order. */
export function runTimeline(config: Partial<RuleConfig>, polls: readonly Poll[]): Notified[][] {
  const rules = compileRules([ruleConfig(config)], [SOURCE]);
  const states = new Map<string, KeyState>();
  return polls.map(({ at, events = [], readTo = at }) => {
    const now = START + at * 60_000;
    const read = START + readTo * 60_000;
    const observed = { now, readTo: read, since: START };
    const transitions: Transition[] = [];
    const touches = events.flatMap((event) => rules.touch(event).touches);
    const found = Map.groupBy(touches, ({ sk }) => sk);
    for (const sk of new Set([...found.keys(), ...states.keys()])) {
      const own = found.get(sk) ?? [];
      const step = live(rules.all[0]!, states.get(sk) ?? emptyState(own[0]!.key), own, observed);
      // As a store gives it back.
      states.set(sk, JSON.parse(JSON.stringify(step.state)) as KeyState);
      transitions.push(...step.transitions);
    }
    return transitions.map(toTold);
  });
}

function toTold({ kind, alert }: Transition): Notified {
  const minutes = (iso: string) => (Date.parse(iso) - START) / 60_000;
  const endsAt = alert.endsAt === null ? null : minutes(alert.endsAt);
  return { kind, startsAt: minutes(alert.startsAt), endsAt, count: alert.count, id: alert.id };
}

/** One sentence about a rule, and the timeline that shows it. */
export interface Case {
  name: string;
  rule: Partial<RuleConfig>;
  polls: Poll[];
  /** What each poll led to. */
  notified: string[][];
}

/** What each poll led to, as `kind@start-end xCount`. */
export function transitionLines(rule: Partial<RuleConfig>, polls: readonly Poll[]): string[][] {
  return runTimeline(rule, polls).map((poll) =>
    poll.map(
      ({ kind, startsAt, endsAt, count }) => `${kind}@${startsAt}${endsAt === null ? "" : `-${endsAt}`} x${count}`,
    ),
  );
}
