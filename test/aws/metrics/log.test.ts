// Metrics in the log: what was counted since the last line, in the form that CloudWatch reads.
import { expect, test } from "vitest";
import { createMetricsLog } from "../../../lib/aws/metrics/log.ts";
import { createCounters } from "../../../lib/model/counters.ts";

interface Line {
  _aws: {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
  [value: string]: unknown;
}

function opened() {
  const counters = createCounters();
  const lines: Line[] = [];
  const log = createMetricsLog(counters, "lookout-prod", (line) => lines.push(line as Line));
  return { counters, lines, log };
}

test("what was counted is written once, summed up over its labels", () => {
  const { counters, lines, log } = opened();
  counters.count("polls", { source: "a", outcome: "complete" });
  counters.count("polls", { source: "b", outcome: "incomplete" });
  counters.count("events", { source: "a", level: "error" }, 3);
  counters.count("alerts", { severity: "critical" });
  counters.count("notifications", { channel: "ops", outcome: "delivered" });
  counters.count("notifications", { channel: "ops", outcome: "retry" });
  log.write([]);
  counters.count("polls", { source: "a", outcome: "complete" });
  log.write([]);
  expect(lines).toMatchObject([
    { service: "lookout-prod", Polls: 2, PollsIncomplete: 1, Events: 3, Alerts: 1, Deliveries: 1, DeliveriesFailed: 1 },
    { service: "lookout-prod", Polls: 1 },
  ]);
  expect(lines[1]!._aws.CloudWatchMetrics).toEqual([
    { Namespace: "Lookout", Dimensions: [["service"]], Metrics: [{ Name: "Polls", Unit: "Count" }] },
  ]);
});

test("a lag has its source for a second dimension, other measures have none", () => {
  const { lines, log } = opened();
  log.write([
    { metric: "OldestDue", value: 12, unit: "Seconds" },
    { metric: "Lag", value: 90, unit: "Seconds", source: "services" },
    { metric: "Lag", value: 30, unit: "Seconds", source: "pools" },
  ]);
  expect(lines).toMatchObject([{ OldestDue: 12 }, { Lag: 90, source: "services" }, { Lag: 30, source: "pools" }]);
  const dimensions = lines.map(({ _aws }) => _aws.CloudWatchMetrics[0]!.Dimensions);
  expect(dimensions).toEqual([[["service"]], [["service", "source"]], [["service", "source"]]]);
});

test("nothing is written where nothing was counted", () => {
  const { lines, log } = opened();
  log.write([]);
  expect(lines).toEqual([]);
});
