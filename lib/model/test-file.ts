// The schema of `*.test.yml`, the unit tests of rules, as people write them (contract, section 7). Times stay as written.
import * as z from "zod";
import { AlertStatus, Severity } from "./alert.ts";
import { PackFile } from "./config-file.ts";
import { parseDuration } from "./duration.ts";
import { Labels, Level, SourceKind } from "./event.ts";
import { NotifyReason } from "./notification.ts";

const Text = z.string().min(1);
const Count = z.int().min(1);
const INSTANT = "an instant such as 2026-11-20T22:00:00Z";
const Instant = z.iso
  .datetime({ offset: true, error: `must be ${INSTANT}` })
  .refine((text) => Date.parse(text) >= 0, "must not be before 1970");
/** A duration from the test's start, or an instant. */
const Moment = z
  .string()
  .refine(
    (text) => parseDuration(text) !== undefined || Instant.safeParse(text).success,
    `must be a duration from the test's start, such as 5m, or ${INSTANT}`,
  );
const Duration = z
  .string()
  .transform((text) => parseDuration(text) ?? 0)
  .refine((ms) => ms > 0, "must be a duration such as 30s, 10m, 2h or 7d, and longer than 0s");

export const TestEvent = z.strictObject({
  at: Moment.describe("Its time."),
  repeat: Count.max(100_000).optional().describe("How many such events there are, the first included; with `every`."),
  every: Duration.optional().describe("How long after one the next one comes."),
  source: SourceKind.describe("The kind of source."),
  sourceId: Text.optional().describe("Default: the configuration's first source of that kind, or the kind."),
  connection: Text.default("test"),
  project: Text.optional(),
  region: Text.optional(),
  level: Level.optional().describe("Default: what the type stands for, else normal."),
  type: Text.optional().describe("The API's own word. Default: the one for the level."),
  reason: z.string().nullable().optional(),
  count: Count.default(1),
  late: z.int().min(0).default(0).describe("Seconds after its time at which it is found."),
  message: z.string().default(""),
  resource: z
    .strictObject({
      type: Text.optional().describe("Default: that of the source's kind."),
      id: Text.default("test"),
      name: Text.optional().describe("Default: the id."),
    })
    .prefault({}),
  labels: Labels.default({}).describe("Added to those that the configuration gives."),
  data: z.record(z.string(), z.unknown()).default({}),
});

export const TestTarget = z.strictObject({
  source: SourceKind,
  sourceId: Text.optional(),
  connection: Text.default("test"),
  id: Text,
  name: Text.optional(),
  labels: Labels.optional(),
});

const ResourcePart = z.strictObject({ type: Text.optional(), id: Text.optional(), name: Text.optional() });
export const ExpectedTransition = z.strictObject({
  at: Moment.optional().describe("When the alert starts (firing) or ends (resolved), in event time."),
  rule: Text.optional(),
  status: AlertStatus.optional(),
  severity: Severity.optional(),
  key: z.record(z.string(), z.unknown()).optional(),
  count: z.int().min(0).optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  runbook: z.string().nullable().optional(),
  labels: Labels.optional(),
  source: SourceKind.nullable().optional(),
  connection: Text.nullable().optional(),
  region: Text.nullable().optional(),
  resource: ResourcePart.nullable().optional(),
  channels: z.array(Text).optional().describe("Who is told of it before the test ends, in any order."),
  suppressedBy: z.array(Text).optional().describe("What holds it back at that moment."),
});

export const ExpectedNotification = z.strictObject({
  at: Moment.optional().describe("When it is sent."),
  channel: Text.optional(),
  reason: NotifyReason.optional(),
  status: AlertStatus.optional(),
  alerts: z.array(Text).optional().describe("The rules of its alerts, in any order."),
});

export const RuleTest = z.strictObject({
  name: Text.describe("What it shows, for people."),
  start: Instant.optional().describe("Default: the earliest instant among its events, else 2026-01-05T10:00:00Z."),
  targets: z
    .array(TestTarget)
    .default([])
    .describe("Targets that need not have events: what `absence` over targets sees."),
  events: z.array(TestEvent).describe("What the sources find."),
  until: Moment.optional().describe("How far the clock runs. Default: to the last event."),
  expect: z.array(ExpectedTransition).describe("All alerts that fire or resolve, in order of time."),
  notifications: z.array(ExpectedNotification).optional().describe("All that is sent, in order of time."),
});

export const TestFile = z.strictObject({
  config: Text.optional().describe("Path of the lookout.yml whose rules are tested, relative to this file."),
  rules: PackFile.shape.rules.optional().describe("Rules to test, as in lookout.yml, where there is no config."),
  tests: z.array(RuleTest).min(1),
});

export type TestEvent = z.infer<typeof TestEvent>;
export type ExpectedTransition = z.infer<typeof ExpectedTransition>;
export type ExpectedNotification = z.infer<typeof ExpectedNotification>;
export type RuleTest = z.infer<typeof RuleTest>;
