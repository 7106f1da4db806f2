// An alert: one open (then resolved) problem, a rule and a key.
import * as z from "zod";
import { Event, Labels, Resource } from "./event.ts";

export const Severity = z.enum(["critical", "error", "warning", "info"]);
export type Severity = z.infer<typeof Severity>;

/** The rule of the alerts that Lookout raises about itself. */
export const HEALTH_RULE = "lookout-unhealthy";

/** What can be wrong with Lookout itself: the `problem` in the key of such an alert. */
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

export const AlertStatus = z.enum(["firing", "resolved"]);
export type AlertStatus = z.infer<typeof AlertStatus>;

export const Alert = z.object({
  id: z.string(),
  rule: z.string(),
  status: AlertStatus,
  severity: Severity,
  summary: z.string(),
  description: z.string(),
  /** The rule's `by` fields and their values; a missing field is null. */
  key: z.record(z.string(), z.unknown()),
  labels: Labels,
  connection: z.string().nullable(),
  source: z.string().nullable(),
  region: z.string().nullable(),
  resource: Resource.nullable(),
  /** ISO 8601, event time. */
  startsAt: z.string(),
  updatedAt: z.string(),
  endsAt: z.string().nullable(),
  count: z.number(),
  acknowledgedBy: z.string().nullable(),
  /** When; ISO 8601. Absent where nobody did, and in what an older version stored. */
  acknowledgedAt: z.string().exactOptional(),
  suppressedBy: z.array(z.string()),
  runbook: z.string().nullable(),
  /** The newest 20, oldest first. */
  events: z.array(Event),
});
export type Alert = z.infer<typeof Alert>;
