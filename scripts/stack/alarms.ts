// The alarms of the stack: failed and throttled functions, work that waits for too long, dead letters, missed polls.
import { METRICS, NAMESPACE } from "../../lib/aws/metrics/names.ts";
import { FAILURES } from "./roles.ts";
import { att, pascal, type Resource, type Resources, type StackFunction, type Value } from "./template.ts";

export interface Watched {
  /** Of the installation, such as `lookout-prod`: what its alarms begin with, and the dimension of its metrics. */
  name: string;
  functions: readonly StackFunction[];
  /** Logical ids of the queues that hold what failed for good. */
  deadLetters: readonly string[];
  /** How often the source that is polled most often is polled; ms. */
  every: number;
  /** ARN of the SNS topic that hears of alarms; "": alarms are shown only. */
  topic: string;
}

interface Condition {
  about: string;
  /** At least so much ... */
  threshold: number;
  /** ... in so many of the last so many periods. */
  in?: [some: number, of: number];
  /** Seconds. */
  period: number;
  statistic: "Sum" | "Maximum";
  /** What it means that there is no data. */
  missing: "notBreaching" | "breaching";
  below?: true;
}

const MINUTE = 60;
/** CloudWatch looks back a day at most. */
const DAY = 86_400;

export function alarms(watched: Watched): Resources {
  const own = { Namespace: NAMESPACE, Dimensions: [{ Name: "service", Value: watched.name }] };
  const alarm = (id: string, metric: object, condition: Condition) => alarmOf(watched, id, metric, condition);
  const missed = Math.min(DAY, Math.max(5 * MINUTE, Math.ceil((3 * watched.every) / 60_000) * MINUTE));
  return Object.fromEntries([
    ...watched.functions.flatMap((one) => [
      alarm(`errors-${one.key}`, lambda(one, "Errors"), {
        about: `${one.name} fails`,
        ...{ threshold: 1, in: [3, 5], period: lengthOf(one), statistic: "Sum", missing: "notBreaching" },
      }),
      alarm(`throttles-${one.key}`, lambda(one, "Throttles"), {
        about: `${one.name} is not let run: more runs than its concurrency, or that of the account, allows`,
        ...{ threshold: 1, in: [3, 5], period: MINUTE, statistic: "Sum", missing: "notBreaching" },
      }),
    ]),
    ...watched.deadLetters.map((queue) =>
      alarm(`dead-letters-${dashed(queue)}`, letters(queue), {
        about: "Invocations or messages failed for good: the log of health says which, and why (docs/aws.md)",
        // What was sent shows also where the health check takes it at once; what SQS itself has moved is not sent.
        ...{
          threshold: 1,
          period: 5 * MINUTE,
          statistic: queue === FAILURES ? "Sum" : "Maximum",
          missing: "notBreaching",
        },
      }),
    ),
    alarm(
      "oldest-due",
      { ...own, MetricName: METRICS.oldestDue },
      {
        about: "What is due waits for more than 5 minutes, or the health check does not run",
        ...{ threshold: 300, in: [2, 2], period: 10 * MINUTE, statistic: "Maximum", missing: "breaching" },
      },
    ),
    // A poll by queues records what the cloud refuses and fails no invocation: this alarm says so, in both forms.
    alarm(
      "unread-sources",
      { ...own, MetricName: METRICS.sourcesUnread },
      {
        about:
          "Nothing of a source is read, or its targets cannot be listed: credentials, project, cloud API (docs/aws.md)",
        // Each health check measures it; one that begins a moment late must not end the alarm.
        ...{ threshold: 1, in: [2, 3], period: 5 * MINUTE, statistic: "Maximum", missing: "notBreaching" },
      },
    ),
    alarm(
      "missed-polls",
      { ...own, MetricName: METRICS.polls },
      {
        about: `No poll ran to its end within ${missed / MINUTE} minutes`,
        ...{ threshold: 1, period: missed, statistic: "Sum", missing: "breaching", below: true },
      },
    ),
  ]);
}

/** The health check runs each fifth minute, the others each minute or more often. */
function lengthOf({ key }: StackFunction): number {
  return key === "health" ? 5 * MINUTE : MINUTE;
}

function lambda({ name }: StackFunction, MetricName: string): object {
  return { Namespace: "AWS/Lambda", MetricName, Dimensions: [{ Name: "FunctionName", Value: name }] };
}

function letters(queue: string): object {
  const Dimensions: { Name: string; Value: Value }[] = [{ Name: "QueueName", Value: att(queue, "QueueName") }];
  const MetricName = queue === FAILURES ? "NumberOfMessagesSent" : "ApproximateNumberOfMessagesVisible";
  return { Namespace: "AWS/SQS", MetricName, Dimensions };
}

function alarmOf({ name, topic }: Watched, id: string, metric: object, condition: Condition): [string, Resource] {
  const { about, threshold, in: [some, of] = [1, 1], period, statistic, missing, below } = condition;
  const actions = topic === "" ? {} : { AlarmActions: [topic], OKActions: [topic] };
  const Properties = {
    AlarmName: `${name}-${id}`,
    AlarmDescription: about,
    ...metric,
    Statistic: statistic,
    Period: period,
    EvaluationPeriods: of,
    DatapointsToAlarm: some,
    Threshold: threshold,
    ComparisonOperator: below ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold",
    TreatMissingData: missing,
    ...actions,
  };
  return [`${pascal(id)}Alarm`, { Type: "AWS::CloudWatch::Alarm", Properties }];
}

/** `PollDeadLetters` as names have it: `poll-dead-letters`. */
function dashed(id: string): string {
  return id.replace(/\B[A-Z]/g, "-$&").toLowerCase();
}
