// What the framework leaves out of the schedules of EventBridge Scheduler: their jitter, and what becomes of failures.
import { att, type Resources } from "./template.ts";

/** So that not all that is scheduled in a region begins in the same second; minutes. */
const JITTER = 1;

export function completeSchedules(compiled: Resources): void {
  for (const { Type, Properties } of Object.values(compiled)) {
    // What runs each minute has no minute to spare.
    if (Type !== "AWS::Scheduler::Schedule" || Properties["ScheduleExpression"] === "rate(1 minute)") continue;
    Properties["FlexibleTimeWindow"] = { Mode: "FLEXIBLE", MaximumWindowInMinutes: JITTER };
    Properties["Target"] = {
      ...(Properties["Target"] as object),
      RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 2 },
      DeadLetterConfig: { Arn: att("Failures") },
    };
  }
}
