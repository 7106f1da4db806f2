// The stack's dashboard: what is found and sent, what waits, and how the functions fare.
import { METRICS, type MetricName, NAMESPACE } from "../../lib/aws/metrics/names.ts";
import type { Resources, StackFunction } from "./template.ts";

type Row = (string | object)[];

const WIDTH = 12;
const HEIGHT = 6;

/** `sources` are the ids of what is polled, each with a lag of its own. */
export function dashboard(
  name: string,
  functions: readonly StackFunction[],
  queues: readonly string[],
  sources: readonly string[],
): Resources {
  const own = (...metrics: MetricName[]) => metrics.map((metric): Row => [NAMESPACE, metric, "service", name]);
  const lags = sources.map((source): Row => [NAMESPACE, METRICS.lag, "service", name, "source", source]);
  const lambda = (metric: string) => functions.map((one): Row => ["AWS/Lambda", metric, "FunctionName", one.name]);
  const waiting = queues.map((queue): Row => {
    return ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", `\${${queue}.QueueName}`];
  });
  const table = ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"];
  const graphs: [title: string, stat: string, metrics: Row[]][] = [
    ["Events and alerts", "Sum", own(METRICS.events, METRICS.alerts)],
    ["Deliveries", "Sum", own(METRICS.deliveries, METRICS.deliveriesFailed)],
    ["Polls", "Sum", own(METRICS.polls, METRICS.pollsIncomplete)],
    ["Sources not read at all", "Maximum", own(METRICS.sourcesUnread)],
    ["Lag by source (s)", "Maximum", lags],
    ["Oldest due row (s)", "Maximum", own(METRICS.oldestDue)],
    ["Queues", "Maximum", waiting],
    ["Errors", "Sum", lambda("Errors")],
    ["Throttles", "Sum", lambda("Throttles")],
    ["Duration (ms)", "p99", lambda("Duration")],
    ["Table", "Sum", table.map((metric): Row => ["AWS/DynamoDB", metric, "TableName", "${Table}"])],
  ];
  const widgets = graphs.map(([title, stat, metrics], at) => ({
    type: "metric",
    ...{ x: (at % 2) * WIDTH, y: Math.floor(at / 2) * HEIGHT, width: WIDTH, height: HEIGHT },
    properties: { title, stat, metrics, period: 300, view: "timeSeries", region: "${AWS::Region}" },
  }));
  const DashboardBody = { "Fn::Sub": JSON.stringify({ widgets }) };
  return { Dashboard: { Type: "AWS::CloudWatch::Dashboard", Properties: { DashboardName: name, DashboardBody } } };
}
