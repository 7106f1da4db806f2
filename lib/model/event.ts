// The one shape every source's occurrences take; rules, alerts and people see nothing else.
import * as z from "zod";
import { LEVELS, SOURCE_KINDS } from "./source-kinds.ts";

export const SourceKind = z.enum(SOURCE_KINDS);
export const Level = z.enum(LEVELS);

export const Labels = z.record(z.string(), z.string());
export type Labels = z.infer<typeof Labels>;

export const Resource = z.object({ type: z.string(), id: z.string(), name: z.string() });
export type Resource = z.infer<typeof Resource>;

export const Event = z.object({
  id: z.string(),
  source: SourceKind,
  sourceId: z.string(),
  connection: z.string(),
  project: z.string(),
  region: z.string(),
  /** ISO 8601, UTC, milliseconds. */
  time: z.string(),
  level: Level,
  /** The API's own word for the kind of event. */
  type: z.string(),
  reason: z.string().nullable(),
  /** Occurrences this event stands for; 1 unless the API reports totals. */
  count: z.number(),
  /** Seconds between its time and the poll that first could have seen it, when more than a poll interval; else 0. */
  late: z.number(),
  message: z.string(),
  /** `message` in lower case. */
  text: z.string(),
  resource: Resource,
  labels: Labels,
  /** The item as the API returned it, secrets removed. */
  data: z.record(z.string(), z.unknown()),
  /** True where `message` or `data` was cut to keep the event under 16 KB. */
  truncated: z.boolean().optional(),
  /** True where the event is dated more than 10 minutes ahead of the poll. */
  future: z.boolean().optional(),
});
export type Event = z.infer<typeof Event>;
