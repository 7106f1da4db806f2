// What the fanned-out form reads, uses and costs with so many targets, in simulated time.
import { figure, printTable } from "../print.ts";
import { ASSUMED, FUNCTION, PRICES, QUOTAS } from "./figures.ts";
import { type Outcome, type Scale, simulate } from "./simulation.ts";

const SEED = 20_261_122;
const MINUTES_IN_A_MONTH = 43_200;
/** A target has an event that opens an alert every thousand minutes: one and a half times a day. */
const OPENING = 0.001;

const SCALES: [string, Scale][] = [
  ["100", { connections: 1, targets: 100, budget: 20, minutes: 20, opening: OPENING }],
  ["1,000", { connections: 1, targets: 1_000, budget: 25, minutes: 20, opening: OPENING }],
  ["8,000 with 200/s", { connections: 1, targets: 8_000, budget: 200, minutes: 20, opening: OPENING }],
  ["8,000 with 20/s", { connections: 1, targets: 8_000, budget: 20, minutes: 60, opening: OPENING }],
  ["10,000 with 250/s", { connections: 1, targets: 10_000, budget: 250, minutes: 20, opening: OPENING }],
  ["100,000 in 10 projects", { connections: 10, targets: 10_000, budget: 250, minutes: 10, opening: OPENING }],
  ["1,000,000 in 100 projects", { connections: 100, targets: 10_000, budget: 250, minutes: 6, opening: OPENING }],
];

const outcomes = SCALES.map(([name, scale]) => ({ name, scale, outcome: simulate(scale, SEED) }));
printTable(
  [
    "targets",
    "read each minute, %",
    "longest unread, s",
    "never read",
    "requests/s of a project",
    "functions at once",
    "read units/s",
    "write units/s",
    "queue calls/s",
    "polls dropped, %",
  ],
  outcomes.map(({ name, scale, outcome }) => [
    name,
    figure(outcome.readEachMinute * 100),
    figure(outcome.longest / 1_000),
    figure(outcome.neverRead),
    `${figure(outcome.requests)} of ${figure(scale.budget)}`,
    figure(outcome.peakConcurrency),
    figure(outcome.peakReadUnits),
    figure(outcome.peakWriteUnits),
    figure(outcome.peakQueueCalls),
    figure((100 * outcome.dropped) / Math.max(1, outcome.dropped + outcome.polls)),
  ]),
);
console.log();
printTable(
  ["targets", "alerts", "post after the read, s", "post after the poll's end, s"],
  outcomes.map(({ name, outcome }) => {
    return [name, figure(outcome.alerts), figure(outcome.afterRead / 1_000), figure(outcome.afterPoll / 1_000)];
  }),
);
console.log();
printTable(
  [
    "targets",
    "functions: waiting and working",
    "functions: calls",
    "table: reads",
    "table: writes",
    "queues",
    "$ a month",
  ],
  outcomes.map(({ name, outcome }) => {
    const parts = costs(outcome);
    return [name, ...parts.map(figure), figure(parts.reduce((sum, part) => sum + part, 0))];
  }),
);
console.log();
printTable(
  ["targets", "nearest to its quota", "of it, %"],
  outcomes.map(({ name, outcome, scale }) => [name, ...nearest(outcome, scale)]),
);

/** US dollars a month, were all minutes as those. */
function costs({ minutes, gbSeconds, invocations, readUnits, writeUnits, queueCalls }: Outcome): number[] {
  const months = MINUTES_IN_A_MONTH / minutes;
  const million = months / 1e6;
  return [
    gbSeconds * months * PRICES.gbSecond,
    invocations * million * PRICES.invocations,
    readUnits * million * PRICES.readUnits,
    writeUnits * million * PRICES.writeUnits,
    (queueCalls + ASSUMED.idleQueueCalls * minutes) * million * PRICES.queueCalls,
  ];
}

/** What is used most of, as a share of what there is. */
function nearest(outcome: Outcome, { targets, budget }: Scale): [string, string] {
  const shares: [string, number][] = [
    ["the project's requests in the time a poll has", targets / (budget * ((FUNCTION.pollMs + 2_000) / 1_000))],
    ["functions at once", outcome.peakConcurrency / QUOTAS.concurrency],
    ["read units of a new table", outcome.peakReadUnits / QUOTAS.newTableReadUnits],
    ["write units of a new table", outcome.peakWriteUnits / QUOTAS.newTableWriteUnits],
    ["calls of the queues", outcome.peakQueueCalls / QUOTAS.queueCalls],
  ];
  const [name, share] = shares.reduce((most, one) => (one[1] > most[1] ? one : most));
  return [name, figure(share * 100)];
}
