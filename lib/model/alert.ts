// An alert: one open (then resolved) problem, a rule and a key.
import * as z from "zod";
import { Event, Labels, Resource } from "./event.ts";
import { Severity } from "./severity.ts";

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
