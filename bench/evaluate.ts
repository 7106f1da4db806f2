// What the evaluation of an event costs beyond finding its rules: counting into an alert, a threshold's window, opening
// and resolving, for one key and for many.
import type { RuleConfig } from "../lib/model/config.ts";
import type { Event } from "../lib/model/event.ts";
import { compileRules, type Touch } from "../lib/rules/compile.ts";
import { live } from "../lib/rules/live.ts";
import { emptyState, type KeyState } from "../lib/rules/state.ts";
import { microseconds } from "./pace.ts";
import { figure, printTable } from "./print.ts";

const START = Date.UTC(2026, 10, 20, 10);

interface Case {
  name: string;
  rule: Partial<RuleConfig>;
  keys: number;
  /** The n-th event's text. */
  text?: (number: number) => string;
}
/** As many events are evaluated together, as in one slice of a target. */
const SLICE = 100;
const FAILED = "failed to pull image, retry later";
const CASES: Case[] = [
  { name: "a match counts into the open alert", rule: {}, keys: 1 },
  { name: "a match counts into the open alert", rule: {}, keys: 10_000 },
  { name: "threshold of 5 within 10m, full", rule: { threshold: { count: 5, within: 600_000 } }, keys: 1 },
  { name: "threshold of 5 within 10m, never full", rule: { threshold: { count: 5, within: 600_000 } }, keys: 10_000 },
  {
    name: "threshold of 1,000 within 10m, never full",
    rule: { threshold: { count: 1_000, within: 600_000 } },
    keys: 1,
  },
  {
    name: "every match opens, every other event resolves",
    rule: { resolve: { when: { text: ["started"] } } },
    keys: 1,
    text: (number) => (number % 2 === 0 ? FAILED : "started"),
  },
];

const rows = CASES.map(({ name, rule, keys, text = () => FAILED }) => {
  const config: RuleConfig = { id: "bench", when: { text: [FAILED] }, by: ["resource.id"], labels: {}, ...rule };
  const rules = compileRules([config], []);
  const states = new Map<string, KeyState>();
  function evaluate(slice: number): void {
    const touches: Touch[] = [];
    for (let number = slice * SLICE; number < (slice + 1) * SLICE; number++) {
      touches.push(...rules.touch(eventAt(number, keys, text(number))).touches);
    }
    const now = START + (slice + 1) * SLICE * 1_000;
    for (const own of Map.groupBy(touches, ({ sk }) => sk).values()) {
      const { rule, sk, key } = own[0]!;
      states.set(sk, live(rule, states.get(sk) ?? emptyState(key), own, { now, readTo: now, since: 0 }).state);
    }
  }
  // The first event of each key is none of its many: it opens the alert, or begins the window.
  const first = Math.ceil(keys / SLICE);
  for (let slice = 0; slice < first; slice++) evaluate(slice);
  const cost = microseconds((slice) => evaluate(first + slice));
  return [name, figure(keys), figure((1_000_000 * SLICE) / cost), figure(cost / SLICE)];
});
printTable(["one rule", "keys", "events/s", "µs/event"], rows);

/** One a second. */
function eventAt(number: number, keys: number, text: string): Event {
  const id = `service-${number % keys}`;
  return {
    id: String(number),
    source: "service-events",
    sourceId: "services",
    connection: "prod",
    project: "p",
    region: "eu-de",
    time: new Date(START + number * 1_000).toISOString(),
    level: "error",
    type: "abnormal",
    reason: null,
    count: 1,
    late: 0,
    message: text,
    text,
    resource: { type: "service", id, name: id },
    labels: {},
    data: {},
  };
}
