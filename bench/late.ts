// A storm of one key, 5 % of it late, for each kind of rule: what an event costs, how large the key's row grows, and
// the slowest slice. The row goes through JSON between slices, as through a store. Fails where a bound is exceeded.
import { gzipSync } from "node:zlib";
import type { RuleConfig, SourceConfig } from "../lib/model/config.ts";
import type { Event } from "../lib/model/event.ts";
import { compileRules } from "../lib/rules/compile.ts";
import { live } from "../lib/rules/live.ts";
import { emptyState, type KeyState } from "../lib/rules/state.ts";
import { figure, median, printTable } from "./print.ts";

const START = Date.UTC(2026, 10, 20, 10);
const MINUTE = 60_000;
const COUNT = 20_000;
/** Some 550 events each. */
const SLICES = 36;
const LATENESS = 10 * MINUTE;
const LATE = 0.05;
const ROUNDS = 3;
const MOST = { micros: 25, bytes: 100_000, slice: 150 };

const SOURCE: SourceConfig = {
  id: "services",
  kind: "service-events",
  connection: "prod",
  every: MINUTE,
  lookback: 15 * MINUTE,
  lateness: LATENESS,
  levels: "all",
  targets: undefined,
  discover: undefined,
  labels: {},
};

const failed = { level: ["error"] };
const started = { level: ["normal"] };
const within = 10 * MINUTE;
const KINDS: [name: string, rule: Partial<RuleConfig>][] = [
  ["no state", {}],
  ["no state, resolved now and then", { resolve: { when: started, after: 5 * MINUTE } }],
  ["threshold, full", { threshold: { count: 5, within } }],
  ["threshold, never full", { threshold: { count: COUNT, within } }],
  ["distinct, full", { distinct: { field: "type", count: 20, within } }],
  ["distinct, never full", { distinct: { field: "type", count: 1_000, within } }],
  ["spike", { spike: { factor: 3, window: within, min: COUNT } }],
  ["absence", { absence: { for: within, over: "seen" } }],
  ["expect", { expect: { when: started, within } }],
  // biome-ignore lint/suspicious/noThenProperty: the key that users write
  ["sequence", { sequence: { then: [started, { type: ["t7"] }], within } }],
  ["change", { change: { field: "type" } }],
  ["newValue", { newValue: { field: "type", memory: within } }],
];

const SLICE = (COUNT * 100) / SLICES;
const storm = Array.from({ length: COUNT }, (_, number) => {
  const time = number * 100;
  // Spread evenly and the same each time.
  const isLate = (number * 7_919) % 10_000 < LATE * 10_000;
  const shown = time + (isLate ? ((number * 104_729) % 1_000_000) * (LATENESS / 1_000_000) : 0);
  return { shown, event: eventAt(number, time) };
});
const slices = Array.from({ length: SLICES + LATENESS / SLICE + 1 }, (_, slice) => {
  const events = storm.filter(({ shown }) => shown >= slice * SLICE && shown < (slice + 1) * SLICE);
  return { readTo: START + (slice + 1) * SLICE, events: events.map(({ event }) => event) };
});

let isWithin = true;
const rows = KINDS.map(([name, rule]) => {
  const rounds = Array.from({ length: ROUNDS }, () => run(rule));
  const micros = median(rounds.map((round) => round.micros));
  const slowest = median(rounds.map((round) => round.slowest));
  const { bytes, packed } = rounds[0]!;
  isWithin &&= micros <= MOST.micros && bytes <= MOST.bytes && slowest <= MOST.slice;
  return [name, figure(micros), figure(slowest), figure(bytes / 1_000), figure(packed / 1_000)];
});
printTable(["one key, 5 % late", "µs/event", "slowest slice ms", "row kB", "compressed kB"], rows);
if (!isWithin) {
  console.error(
    `late: more than ${MOST.micros} µs an event, ${MOST.bytes / 1_000} kB a row or ${MOST.slice} ms a slice`,
  );
  process.exitCode = 1;
}

function run(fields: Partial<RuleConfig>): { micros: number; slowest: number; bytes: number; packed: number } {
  const config: RuleConfig = { id: "bench", when: failed, by: ["resource.id"], labels: {}, ...fields };
  const rules = compileRules([config], [SOURCE]);
  const touches = slices.map(({ events }) => events.flatMap((event) => rules.touch(event).touches));
  let stored: string | undefined;
  let [total, slowest, bytes, packed] = [0, 0, 0, 0];
  for (const [slice, { readTo }] of slices.entries()) {
    const own = touches[slice]!;
    const began = process.cpuUsage();
    const before: KeyState = stored === undefined ? emptyState(own[0]!.key) : JSON.parse(stored);
    const { state } = live(rules.all[0]!, before, own, { now: readTo, readTo, since: START });
    stored = JSON.stringify(state);
    const { user, system } = process.cpuUsage(began);
    total += user + system;
    slowest = Math.max(slowest, (user + system) / 1_000);
    if (stored.length > bytes) [bytes, packed] = [stored.length, gzipSync(stored).length];
  }
  return { micros: total / COUNT, slowest, bytes, packed };
}

/** Ten a second, one in 500 of which says that all is well. */
function eventAt(number: number, time: number): Event {
  const isFine = number % 500 === 250;
  const message = isFine ? "started" : "failed to pull image, retry later";
  return {
    id: `9f86d081884c7d659a2feaa0c55ad0${String(number).padStart(6, "0")}`,
    source: "service-events",
    sourceId: "services",
    connection: "prod",
    project: "p",
    region: "eu-de",
    time: new Date(START + time).toISOString(),
    level: isFine ? "normal" : "error",
    type: `t${(number * 31) % 23}`,
    reason: null,
    count: 1,
    late: 0,
    message,
    text: message,
    resource: { type: "service", id: "service", name: "service" },
    labels: {},
    data: {},
  };
}
