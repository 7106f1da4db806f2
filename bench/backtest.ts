// A service's past through the real `lookout backtest`: quiet and noisy ones of 10,000 and 100,000 events, with --full
// a quiet one of a million. Fails unless every count is exact.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../lib/app/clock.ts";
import type { Backtest } from "../lib/app/replay/backtest/backtest.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import type { ServiceEvent } from "../lib/simulator/shapes.ts";
import { differences, sorted } from "./check.ts";
import { type Measured, runLookout } from "./command.ts";
import { type ExpectedAlert, expectedOf, incidents, RULES } from "./incidents.ts";
import { oneService, SERVICE } from "./one-service.ts";
import { figure, megabytes, printTable } from "./print.ts";
import { startReceiver } from "./receiver.ts";

const STEP_MS = 1_000;
/** The default groupInterval: what opens so shortly before the end may be notified after it. */
const GROUP_MS = 300_000;
/** As many alerts are in the report. */
const LISTED = 20_000;
const full = process.argv.includes("--full");

interface Case {
  name: string;
  count: number;
  rules: string;
  events(end: number): Iterable<ServiceEvent>;
  expected(end: number, now: number): ExpectedAlert[];
}

/** Few events match, and few alerts open. */
function incidentsOf(count: number): Case {
  const events = (end: number) => incidents(count, end, STEP_MS);
  const expected = (end: number, now: number) => expectedOf(events(end), now).alerts;
  return { name: "incidents", count, rules: RULES, events, expected };
}

/** Every other event opens an alert, which the next one resolves. */
function flapping(count: number): Case {
  const rules = `
  - id: flaps
    when: { source: [service-events], level: [error] }
    resolve: { when: { source: [service-events], level: [normal] } }`;
  const expected = (end: number) => failures(count, end, "flaps", "resolved");
  return { name: "every other one an alert", count, rules, events: (end) => alternating(count, end), expected };
}

/** Every other event opens an alert with a key of its own, and none resolves. */
function standing(count: number): Case {
  const rules = `
  - id: stands
    when: { source: [service-events], level: [error] }
    by: [id]`;
  const expected = (end: number) => failures(count, end, "stands", "firing");
  return { name: "all stay open", count, rules, events: (end) => alternating(count, end), expected };
}

function* alternating(count: number, end: number): Generator<ServiceEvent> {
  for (let index = 0; index < count; index++) {
    const event_info = `[recommender] ${index % 2 === 0 ? "failed to pull image" : "pulled image"}, attempt ${index}`;
    const event_type = index % 2 === 0 ? "abnormal" : "normal";
    yield { occur_time: timeOf(index, count, end), event_type, event_info };
  }
}

function failures(count: number, end: number, rule: string, status: ExpectedAlert["status"]): ExpectedAlert[] {
  return Array.from({ length: count / 2 }, (_, at) => {
    return { rule, status, startsAt: timeOf(2 * at, count, end), count: 1 };
  });
}

function timeOf(index: number, count: number, end: number): number {
  return end - (count - 1 - index) * STEP_MS;
}

const CASES = [
  incidentsOf(10_000),
  incidentsOf(100_000),
  ...(full ? [incidentsOf(1_000_000)] : []),
  flapping(10_000),
  flapping(100_000),
  standing(10_000),
];
const rows: string[][] = [];
for (const one of CASES) {
  const { used, result } = await runCase(one);
  rows.push([
    one.name,
    figure(one.count),
    figure(used.wallMs / 1_000),
    figure((used.wallMs / one.count) * 1_000),
    figure((used.cpuMs / one.count) * 1_000),
    megabytes(used.peakBytes),
    figure(result.totals.alerts),
    figure(result.totals.messages),
  ]);
}
printTable(["past", "events", "s", "µs/event", "CPU µs/event", "peak MB", "alerts", "messages"], rows);

async function runCase({ name, count, rules, events, expected }: Case): Promise<{ used: Measured; result: Backtest }> {
  // Whole minutes: what one poll finds is the same in every run.
  const end = Math.floor(Date.now() / 60_000) * 60_000 - 60_000;
  const simulator = await startSimulator({ clock: wallClock, scenario: "empty" });
  const receiver = await startReceiver();
  const cwd = await mkdtemp(join(tmpdir(), "lookout-bench-"));
  try {
    const { world, credentials } = simulator;
    world.addService({ service_id: SERVICE, service_name: "recommender" });
    world.addServiceEvents(SERVICE, events(end));
    await writeFile(join(cwd, "lookout.yml"), oneService(simulator, receiver, rules));
    const env = { HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey };
    const lines: string[] = [];
    const used = await runLookout(["backtest", "--since", "30d", "--json"], cwd, env, (line) => void lines.push(line));
    if (used.code !== 0) throw new Error(`${name}: exit ${used.code}: ${used.stderr}`);
    const result: Backtest = JSON.parse(lines.join("\n"));
    const wrong = [
      ...differences("messages sent", 0, receiver.notifications),
      ...verify(result, count, expected(end, Date.parse(result.until))),
    ];
    if (wrong.length > 0) throw new Error(`${name}, ${count} events:\n  ${wrong.join("\n  ")}`);
    return { used, result };
  } finally {
    await Promise.all([simulator.close(), receiver.close()]);
    await rm(cwd, { recursive: true, force: true });
  }
}

function verify(
  { until, sources, unread, totals, alerts, rules }: Backtest,
  count: number,
  expected: ExpectedAlert[],
): string[] {
  const listed = alerts.map(({ rule, end, startsAt, count }): ExpectedAlert => {
    return { rule, status: end === "firing" ? "firing" : "resolved", startsAt: Date.parse(startsAt), count };
  });
  const first = expected.toSorted((a, b) => a.startsAt - b.startsAt).slice(0, LISTED);
  const last = Date.parse(until) - GROUP_MS;
  const unnotified = alerts.filter(({ startsAt, messages }) => !messages["ops"] && Date.parse(startsAt) < last).length;
  return [
    ...differences("events", count, sources[0]?.events ?? 0),
    ...differences("what was not read", 0, unread.length),
    ...differences("alerts", expected.length, totals.alerts),
    ...differences(
      "alerts of all rules",
      expected.length,
      rules.reduce((sum, { alerts }) => sum + alerts, 0),
    ),
    ...differences("alerts listed", sorted(first), sorted(listed)),
    ...differences("alerts that no message holds", 0, unnotified),
  ];
}
