// What the alerts that Lookout raises about itself are about.

/** Their rule. */
export const HEALTH_RULE = "lookout-unhealthy";

/** What can be wrong: the `problem` in the key of such an alert. */
export type HealthProblem =
  | "connection paused"
  | "connection failing"
  | "source unread"
  | "target unread"
  | "targets unread"
  | "discovery failed"
  | "channel failing"
  | "channel disabled"
  | "delivery dead"
  | "secret unresolved"
  | "configuration refused"
  | "dead letters"
  | "state not written"
  | "state damaged";
