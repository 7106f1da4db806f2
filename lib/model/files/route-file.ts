// The schema of routes, time intervals, silences and inhibition as people write them: who is notified
// of an alert, and when.
import * as z from "zod";
import { Severity } from "../severity.ts";
import { Duration, Instant, Name, PatternObject, Positive, Text } from "./file-fields.ts";

const EscalationStep = z.strictObject({
  after: Positive.describe("How long after the alert was first notified."),
  channels: z.array(Name).min(1).describe("Where the alert goes then, too."),
});

const RouteFields = {
  channels: z.array(Name).optional().describe("Where alerts go. Default: as above, at the root all channels."),
  groupBy: z
    .array(Text)
    .optional()
    .describe(
      'Paths into the alert; alerts equal in them are notified together; "..." is each by itself. At the root: [rule].',
    ),
  groupWait: Duration.optional().describe("Wait before a group's first notification. At the root: 0s."),
  groupInterval: Duration.optional().describe("Wait before a notified group's news. At the root: 5m."),
  repeatInterval: Positive.optional().describe("Wait before a firing group is notified again. At the root: 4h."),
  urgent: z
    .array(Severity)
    .optional()
    .describe("Severities whose new alerts wait for groupWait, not for groupInterval. At the root: [critical]."),
  mute: z.array(Name).optional().describe("timeIntervals in which nothing is sent."),
  active: z.array(Name).optional().describe("timeIntervals outside of which nothing is sent."),
  escalate: z
    .array(EscalationStep)
    .default([])
    .describe("Who is notified too, while an alert fires and nobody has acknowledged it. Not inherited."),
};
const RouteBase = z.strictObject({
  match: PatternObject.optional().describe("EventBridge event pattern over the alert. Default, and {}: every alert."),
  continue: z.boolean().default(false).describe("Also try the routes after this one."),
  ...RouteFields,
});
type RouteInput = z.infer<typeof RouteBase> & { routes?: RouteInput[] | undefined };
const Route: z.ZodType<RouteInput> = RouteBase.extend({
  get routes() {
    return z.array(Route).optional().describe("Routes below; the first that matches takes the alert.");
  },
});
export const RootRoute = z
  .strictObject({ ...RouteFields, routes: z.array(Route).optional().describe("Routes for some alerts.") })
  .describe("Which alerts go to which channels, and how they are grouped.");

const Texts = z.array(Text);
const TimeInterval = z.strictObject({
  times: z
    .array(
      z.strictObject({
        start_time: Text.describe('Begin, such as "22:00".'),
        end_time: Text.describe('End, not included, such as "07:00"; may lie on the next day.'),
      }),
    )
    .optional()
    .describe("Times of day."),
  weekdays: Texts.optional().describe("Days such as saturday or monday:friday."),
  days_of_month: Texts.optional().describe("Days such as 1 or 1:5; negative from the end."),
  months: Texts.optional().describe("Months such as january or 1:3."),
  years: Texts.optional().describe("Years such as 2026 or 2026:2028."),
  location: z.string().optional().describe('IANA time zone; "" is UTC. Default: timezone of the file.'),
});
export const TimeIntervals = z.union([z.array(TimeInterval).min(1), TimeInterval]);

export const Silence = z
  .strictObject({
    match: PatternObject.describe("EventBridge event pattern over the alert."),
    during: z.array(Name).min(1).optional().describe("timeIntervals in which it holds."),
    from: Instant.optional().describe("Holds from this instant on."),
    until: Instant.optional().describe("Holds until this instant."),
    comment: z.string().optional().describe("Why, for people."),
  })
  .describe("Holds notifications back; nothing is lost.");

export const Inhibit = z
  .strictObject({
    source: PatternObject.describe("Event pattern over the alerts that hold others back while they fire; {}: all."),
    target: PatternObject.describe("Event pattern over the alerts that are held back; {}: all."),
    equal: z
      .array(Text)
      .default([])
      .describe("Paths into the alert in which both must be equal; missing in both is equal. Default: none."),
  })
  .describe("Holds back what another alert explains; nothing is lost.");
