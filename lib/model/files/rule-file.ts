// The schema of rules as people write them: in lookout.yml, in a file to be included, in a test file.
import * as z from "zod";
import { Labels } from "../event.ts";
import { Severity } from "../severity.ts";
import { Name, PatternObject, Positive, Text } from "./file-fields.ts";
import { Inhibit } from "./route-file.ts";

export const Rule = z
  .strictObject({
    id: Name.describe("Name of the rule, unique in the whole configuration."),
    when: PatternObject.describe("EventBridge event pattern over the event."),
    by: z
      .array(Text)
      .default(["connection", "resource.id"])
      .describe("Event fields: one alert for each distinct combination of their values."),
    severity: Severity.optional().describe("Default: the level of the event, info for normal."),
    summary: z.string().optional().describe("Liquid template. Default: {{ event.resource.name }}: {{ event.message }}"),
    description: z.string().optional().describe("Liquid template."),
    runbook: z.string().optional().describe("Link to what to do."),
    labels: Labels.default({}).describe("Labels of the rule's alerts."),
    resolve: z
      .strictObject({
        when: PatternObject.optional().describe("A matching event with the same key resolves the alert."),
        after: Positive.optional().describe("Resolves this long after the newest match."),
      })
      .optional()
      .describe("What ends the alert. Default: an occurrence, closed silently after a day."),
    threshold: z
      .strictObject({
        count: z.int().min(1).describe("Occurrences, summing event.count."),
        within: Positive.describe("Length of the sliding window, in event time."),
      })
      .optional()
      .describe("Opens only when this many occurrences lie within the window."),
    absence: z
      .strictObject({
        for: Positive.describe("How long there may be no matching event."),
        over: z
          .enum(["seen", "targets"])
          .default("seen")
          .describe("seen: each key from its first match on; targets: each target from its first complete read on."),
      })
      .optional()
      .describe("Opens when no event has matched for that long; resolves with the next match."),
    expect: z
      .strictObject({
        when: PatternObject.describe("What must follow; for the same key."),
        within: Positive.describe("How soon after the match."),
      })
      .optional()
      .describe("Opens when a match is not followed in time; resolves with the late follow-up."),
    sequence: z
      .strictObject({
        // biome-ignore lint/suspicious/noThenProperty: users write it, and nothing awaits it
        then: z.array(PatternObject).min(1).max(20).describe("What must follow, in this order; for the same key."),
        within: Positive.describe("How long all of it may take."),
      })
      .optional()
      .describe("Opens when a match and then each of these patterns match in order."),
    distinct: z
      .strictObject({
        field: Text.describe("Event field, such as resource.id."),
        count: z.int().min(1).max(10_000).describe("Different values."),
        within: Positive.describe("Length of the sliding window, in event time."),
      })
      .optional()
      .describe("Opens when that many different values lie within the window."),
    change: z
      .strictObject({ field: Text.describe("Event field, such as type.") })
      .optional()
      .describe("Opens when the value differs from the key's last one."),
    newValue: z
      .strictObject({
        field: Text.describe("Event field, such as reason."),
        memory: Positive.prefault("30d").describe("How long a value is remembered after it was last seen."),
      })
      .optional()
      .describe("Opens when a value is seen for the first time within memory."),
    spike: z
      .strictObject({
        factor: z.number().gt(1).describe("How many times the earlier window the later one holds."),
        window: Positive.describe("Length of each of the two windows, in event time."),
        min: z.int().min(1).describe("Occurrences that the later window holds at least."),
      })
      .optional()
      .describe("Opens when a window holds many times what the one before it held."),
    extract: z
      .array(
        z.strictObject({
          field: Text.describe("Event field whose text is searched, such as message."),
          pattern: Text.describe("RE2 expression with named groups: (?<name>…) gives extracted.name."),
        }),
      )
      .min(1)
      .optional()
      .describe("Takes values out of texts before matching."),
    maxKeys: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe("Key limit, default 10000; further keys share one overflow alert."),
    reopen: Positive.optional().describe("A match within this time after the end opens the same alert again."),
  })
  .describe("A pattern over events that opens and resolves alerts.");
const Include = z
  .strictObject({ include: Text.describe("A pack that comes with Lookout, or the relative path of a .yml file.") })
  .describe("The rules of another file.");
export const RuleEntry = z.union([Rule, Include]);

/** Rules that are held against RuleEntry one by one. */
export const Entries = z.array(z.unknown()).min(1);

/** A file of rules to be included. */
export const PackFile = z.strictObject({
  rules: z.array(RuleEntry).min(1).describe("Rules, as in lookout.yml."),
  inhibit: z.array(Inhibit).default([]).describe("What holds what back among the alerts of this file's rules."),
});
/** The same without its rules. */
export const PackFrame = PackFile.extend({ rules: Entries });
