// Random histories for the stateful kinds: what happened, when it is shown, and in which polls a
// feed that may lag reads it.
import fc from "fast-check";
import type { RuleConfig } from "../../lib/model/config.ts";
import type { Event } from "../../lib/model/event.ts";
import { compileRules } from "../../lib/rules/compile.ts";
import { live } from "../../lib/rules/live.ts";
import { emptyState, type KeyState, type Transition } from "../../lib/rules/state.ts";
import { eventAt, START } from "../support/event.ts";
import { ruleConfig, SOURCE } from "./support.ts";

export const MINUTE = 60_000;
/** The last minute in which something happens, and two at which a history may be over: the second is a day later. */
export const LAST = 60;
export const ENDS = [130, 1_600];

/** How often each property is tried; more often by `npm run soak`, which CI runs in its short form. */
export const RUNS = { numRuns: Number(process.env.RUNS ?? 10) };

export interface Happening {
  /** Minutes after START. */
  at: number;
  /** Minutes until the API shows it: at most the lateness, 10. */
  delay: number;
  count: number;
  key: string;
  /** What it is to the rule: `a` matches `when`, `b` and `c` what follows, `r` resolves. */
  marks: string;
  value?: string;
}

/** A pattern that matches what has the mark. */
export function marked(mark: string): RuleConfig["when"] {
  return { reason: [{ wildcard: `*${mark}*` }] };
}

/** Where the value is. */
export const FIELD = "labels.value";

export function histories(marks: readonly string[], maxLength = 25): fc.Arbitrary<Happening[]> {
  const one = fc.record(
    {
      at: fc.integer({ min: 0, max: LAST }),
      delay: fc.integer({ min: 0, max: 10 }),
      count: fc.integer({ min: 1, max: 3 }),
      key: fc.constantFrom("x", "x", "y"),
      marks: fc.constantFrom(...marks),
      value: fc.constantFrom("p", "q", "s"),
    },
    { requiredKeys: ["at", "delay", "count", "key", "marks"] },
  );
  return fc.array(one, { maxLength });
}

/** Minutes: how long each poll comes after the one before, and how far its reading stays behind. */
export type Cut = { pause: number; lag: number }[];
export const cuts: fc.Arbitrary<Cut> = fc.array(
  fc.record({ pause: fc.integer({ min: 0, max: 15 }), lag: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 })) }),
  { maxLength: 15 },
);

export interface Poll {
  /** Minutes. */
  now: number;
  readTo: number;
  shown: Happening[];
}

/** The polls that read the history, the last two of them, at `end`, all of it. */
export function pollsOf(history: readonly Happening[], cut: Cut, end: number): Poll[] {
  const polls: Poll[] = [];
  let [now, readTo] = [0, -1];
  const read = (to: number) => {
    const since = readTo;
    readTo = Math.max(readTo, to);
    const shown = history.filter(({ at, delay }) => at + delay > since && at + delay <= readTo);
    polls.push({ now, readTo, shown });
  };
  for (const { pause, lag } of cut) {
    now = Math.min(now + pause, end);
    read(Math.max(now - lag, 0));
  }
  now = end;
  read(end);
  read(end);
  return polls;
}

export interface Alerted {
  key: string;
  startsAt: number;
  endsAt: number | null;
  count: number;
}

export interface Notified extends Alerted {
  id: string;
  kind: Transition["kind"];
}

/** What each poll led to. The state goes through JSON between polls, as through a store. */
export function run(
  config: Partial<RuleConfig>,
  polls: readonly Poll[],
  teach = false,
  lateness = SOURCE.lateness,
): Notified[][] {
  const rules = compileRules([ruleConfig({ when: marked("a"), ...config })], [{ ...SOURCE, lateness }]);
  const rule = rules.all[0]!;
  let stored: Record<string, KeyState> = {};
  return polls.map(({ now, readTo, shown }, poll) => {
    const transitions: Transition[] = [];
    const states = new Map(Object.entries(structuredClone(stored)));
    const observed = { now: START + now * MINUTE, readTo: START + readTo * MINUTE, since: START };
    const teaches = teach && poll === 0;
    const touches = shown.flatMap((one) => rules.touch(eventOf(one)).touches);
    const found = Map.groupBy(touches, ({ sk }) => sk);
    for (const sk of new Set([...found.keys(), ...states.keys()])) {
      const own = found.get(sk) ?? [];
      const seen = own.map((touch) => ({ ...touch, teaches }));
      const step = live(rule, states.get(sk) ?? emptyState(own[0]!.key), seen, observed);
      states.set(sk, step.state);
      transitions.push(...step.transitions);
      const { next } = step.state;
      if (next && next.due <= Math.min(observed.now, observed.readTo)) throw new Error("a deadline stays due");
    }
    stored = JSON.parse(JSON.stringify(Object.fromEntries(states)));
    return transitions.map(toTold);
  });
}

const events = new WeakMap<Happening, Event>();
let made = 0;

/** One event for each happening, with an id of its own. */
function eventOf(one: Happening): Event {
  let event = events.get(one);
  if (event === undefined) {
    const { at, count, key, marks, value } = one;
    const labels = value === undefined ? {} : { value };
    event = eventAt(at, { id: `event-${made++}`, count, resourceId: key, reason: marks, labels });
    events.set(one, event);
  }
  return event;
}

function toTold({ kind, alert }: Transition): Notified {
  const minutes = (iso: string) => (Date.parse(iso) - START) / MINUTE;
  const endsAt = alert.endsAt === null ? null : minutes(alert.endsAt);
  const key = String(alert.key["resource.id"]);
  return { kind, id: alert.id, key, startsAt: minutes(alert.startsAt), endsAt, count: alert.count };
}

/** The last word about each alert, by key and start. */
export function lastWords(notified: readonly Notified[][]): Notified[] {
  return [...new Map(notified.flat().map((one) => [one.id, one])).values()].toSorted(byStart);
}

export function alerted(notified: readonly Notified[][]): Alerted[] {
  return lastWords(notified).map(({ key, startsAt, endsAt, count }) => ({ key, startsAt, endsAt, count }));
}

export function byStart(a: Alerted, b: Alerted): number {
  return a.key === b.key ? a.startsAt - b.startsAt : a.key < b.key ? -1 : 1;
}
