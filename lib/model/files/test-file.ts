// The schema of `*.test.yml`, the unit tests of rules, as people write them. Times stay as written.
import * as z from "zod";
import { AlertStatus } from "../alert.ts";
import { parseDuration } from "../duration.ts";
import { Labels, Level, SourceKind } from "../event.ts";
import { NotifyReason } from "../notification.ts";
import { Severity } from "../severity.ts";
import { Instant as AnyInstant, PatternObject, Positive, Text } from "./file-fields.ts";
import { PackFile } from "./rule-file.ts";

const Count = z.int().min(1);
const Instant = AnyInstant.refine((text) => Date.parse(text) >= 0, "must not be before 1970");
/** A duration from the test's start, or an instant. */
const Moment = z
  .string()
  .refine(
    (text) => parseDuration(text) !== undefined || Instant.safeParse(text).success,
    "must be a duration from the test's start, such as 5m, or an instant such as 2026-11-20T22:00:00Z",
  );

export const TestEvent = z.strictObject({
  at: Moment.describe("Its time."),
  repeat: Count.max(100_000).optional().describe("How many such events there are, the first included; with `every`."),
  every: Positive.optional().describe("How long after one the next one comes."),
  source: SourceKind.describe("The kind of source."),
  sourceId: Text.optional().describe("Default: the configuration's first source of that kind, or the kind."),
  connection: Text.default("test").describe("Name of a connection."),
  project: Text.optional().describe("Project id. Default: that of the connection, else test."),
  region: Text.optional().describe("Default: that of the connection, else test."),
  level: Level.optional().describe("Default: what the type stands for, else normal."),
  type: Text.optional().describe("The API's own word. Default: the one for the level."),
  reason: z.string().nullable().optional().describe("Default: null; of an update log its type."),
  count: Count.default(1).describe("Occurrences that it stands for."),
  late: z.int().min(0).default(0).describe("Seconds after its time at which it is found."),
  message: z.string().default("").describe("Text of the API; `text` is the same in lower case."),
  resource: z
    .strictObject({
      type: Text.optional().describe("Default: that of the source's kind."),
      id: Text.default("test").describe("Id of the service, pool, training job or other resource."),
      name: Text.optional().describe("Default: the id."),
    })
    .prefault({})
    .describe("What it is about."),
  labels: Labels.default({}).describe("Added to those that the configuration gives."),
  data: z.record(z.string(), z.unknown()).default({}).describe("The item as the API gives it."),
});

export const TestTarget = z.strictObject({
  source: SourceKind.describe("The kind of source."),
  sourceId: Text.optional().describe("Default: the configuration's first source of that kind, or the kind."),
  connection: Text.default("test").describe("Name of a connection."),
  id: Text.describe("Id of the service, pool or training job."),
  name: Text.optional().describe("Default: the id."),
  labels: Labels.optional().describe("Labels of the target."),
  ends: Moment.optional().describe("When it is over or deleted: no rule waits for its events from then on."),
});

const ResourcePart = z.strictObject({
  type: Text.optional().describe("Its type."),
  id: Text.optional().describe("Its id."),
  name: Text.optional().describe("Its name."),
});
export const ExpectedTransition = z.strictObject({
  at: Moment.optional().describe("When the alert starts (firing) or ends (resolved), in event time."),
  rule: Text.optional().describe("Id of its rule."),
  status: AlertStatus.optional().describe("firing: it opens; resolved: it ends."),
  severity: Severity.optional().describe("How bad it is."),
  key: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("The rule's `by` fields and their values, or some of them."),
  count: z.int().min(0).optional().describe("Occurrences so far."),
  summary: z.string().optional().describe("The rendered text."),
  description: z.string().optional().describe("The rendered text."),
  runbook: z.string().nullable().optional().describe("Link to what to do."),
  labels: Labels.optional().describe("Its labels, or some of them."),
  source: SourceKind.nullable().optional().describe("The kind of source; null where its events differ."),
  connection: Text.nullable().optional().describe("Name of the connection; null where its events differ."),
  region: Text.nullable().optional().describe("The region; null where its events differ."),
  resource: ResourcePart.nullable().optional().describe("What it is about; null where its events differ."),
  acknowledgedBy: z.string().nullable().optional().describe("Who takes care of it."),
  channels: z.array(Text).optional().describe("Who is notified of it before the test ends, in any order."),
  suppressedBy: z.array(Text).optional().describe("What holds it back at that moment."),
});

export const ExpectedNotification = z.strictObject({
  at: Moment.optional().describe("When it is sent."),
  channel: Text.optional().describe("Name of the channel."),
  reason: NotifyReason.optional().describe("Why it is sent."),
  status: AlertStatus.optional().describe("firing while any of its alerts fires."),
  alerts: z.array(Text).optional().describe("The rules of its alerts, in any order."),
});

export const TestAck = z.strictObject({
  at: Moment.describe("When: before what is due at that moment."),
  rule: Text.describe("The rule of the alert."),
  key: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Fields of its key. Default: every open alert of the rule."),
  by: Text.default("test").describe("Who takes care of it."),
  undo: z.boolean().default(false).describe("Nobody takes care of it any more."),
});

export const TestSilence = z.strictObject({
  match: PatternObject.describe("EventBridge event pattern over the alert."),
  from: Moment.default("0m").describe("When it begins."),
  until: Moment.optional().describe("When it ends. Default: not before the test does."),
  during: z.array(Text).min(1).optional().describe("timeIntervals in which it holds."),
  comment: z.string().optional().describe("Why, for people."),
});

export const RuleTest = z.strictObject({
  name: Text.describe("What it shows, for people."),
  start: Instant.optional().describe("Default: the earliest instant among its events, else 2026-01-05T10:00:00Z."),
  targets: z
    .array(TestTarget)
    .default([])
    .describe("Targets that need not have events: what `absence` over targets sees."),
  events: z.array(TestEvent).describe("What the sources find."),
  acks: z.array(TestAck).default([]).describe("Alerts that somebody acknowledges."),
  silences: z.array(TestSilence).default([]).describe("Silences that somebody adds."),
  until: Moment.optional().describe("How far the clock runs. Default: to the last event."),
  expect: z.array(ExpectedTransition).describe("All alerts that fire or resolve, in order of time."),
  notifications: z.array(ExpectedNotification).optional().describe("All that is sent, in order of time."),
});

export const TestFile = z.strictObject({
  config: Text.optional().describe("Path of the lookout.yml whose rules are tested, relative to this file."),
  rules: PackFile.shape.rules.optional().describe("Rules to test, as in lookout.yml, where there is no config."),
  tests: z.array(RuleTest).min(1).describe("What the rules are to do."),
});

export type TestEvent = z.infer<typeof TestEvent>;
export type TestAck = z.infer<typeof TestAck>;
export type ExpectedTransition = z.infer<typeof ExpectedTransition>;
export type ExpectedNotification = z.infer<typeof ExpectedNotification>;
export type RuleTest = z.infer<typeof RuleTest>;
