// Amazon EventBridge: the notification as an event's detail, as webhooks have it, on a bus.
import * as z from "zod";
import { advised, retry, UNNAMED_WAIT } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import { bodyParts, wireForm } from "../message/parts.ts";
import type { Outcome, SendingChannel } from "../port.ts";
import { AWS_OPTIONS, clientsOf, refusedByAws, THROTTLED } from "./client.ts";

const Options = z.strictObject({
  bus: z.string().min(1).max(1_600).default("default"),
  source: z
    .string()
    .min(1)
    .max(256)
    .refine((text) => !text.startsWith("aws."), 'a source of your own: "aws." is for AWS')
    .default("lookout"),
  detailType: z.string().min(1).max(128).default("Lookout Notification"),
  ...AWS_OPTIONS,
});

/** Of the 256 KB of an entry; the rest is for its other fields. */
const DETAIL_BYTES = 250_000;
const ADVICE = { ResourceNotFound: 'check "bus" and "region"', NotAuthorizedForSource: 'check "source"' };

const client = clientsOf(async (config) => {
  const { EventBridgeClient } = await import("./eventbridge-client.ts");
  return new EventBridgeClient(config);
});

export const eventbridge: SendingChannel<z.infer<typeof Options>> = {
  type: "eventbridge",
  options: Options,
  incident: false,
  concurrency: 8,
  split: (notification) => bodyParts(notification, DETAIL_BYTES),
  async send(notification, options, context) {
    const { PutEventsCommand } = await import("./eventbridge-client.ts");
    const entry = {
      EventBusName: options.bus,
      Source: options.source,
      DetailType: options.detailType,
      Detail: JSON.stringify(wireForm(notification)),
    };
    try {
      const service = await client(options);
      const { FailedEntryCount, Entries } = await service.send(new PutEventsCommand({ Entries: [entry] }), {
        abortSignal: context.signal,
      });
      const [taken] = Entries ?? [];
      if (!FailedEntryCount && taken?.ErrorCode === undefined) return { kind: "delivered" };
      return refusedEntry(taken?.ErrorCode ?? "unknown", taken?.ErrorMessage ?? "");
    } catch (error) {
      return refusedByAws(error, "events:PutEvents", ADVICE);
    }
  },
};

/** The answer is 200 all the same. */
function refusedEntry(code: string, message: string): Outcome {
  const reason = `${code}: ${receiverWords(message)}`;
  if (THROTTLED.test(code)) return retry(reason, UNNAMED_WAIT);
  if (/^(Internal|ServiceUnavailable)/.test(code)) return retry(reason);
  const advice = Object.entries(ADVICE).find(([start]) => code.startsWith(start))?.[1];
  return advised({ kind: "permanent", reason }, advice);
}
