// The names of the metrics that the functions write (log.ts), and that alarms and the dashboard look at.

export const NAMESPACE = "Lookout";

export const METRICS = {
  /** Polls of a source that ran to their end; and those of them that could not read all of its targets. */
  polls: "Polls",
  pollsIncomplete: "PollsIncomplete",
  /** Events that were found. */
  events: "Events",
  /** Alerts that opened. */
  alerts: "Alerts",
  /** Deliveries that a receiver took; and tries that it did not take. */
  deliveries: "Deliveries",
  deliveriesFailed: "DeliveriesFailed",
  /** How long what is due has been waiting at most; seconds. */
  oldestDue: "OldestDue",
  /** Of how many sources the last run read nothing, or could not find out the targets. */
  sourcesUnread: "SourcesUnread",
  /** By source: how far behind the target is that is read least far; seconds. */
  lag: "Lag",
} as const;
export type MetricName = (typeof METRICS)[keyof typeof METRICS];
