// One try of a delivery: the channel's options are resolved, the message is made, sent, and the answer judged.
import { timeLimit } from "../../channels/http/exchange.ts";
import { receiverWords } from "../../channels/http/redact.ts";
import { sendHttp } from "../../channels/http/send.ts";
import { readable, readably } from "../../channels/message/readable.ts";
import type { HttpRequest, HttpResponse, Outcome, SendContext, SendingChannel } from "../../channels/port.ts";
import { UnusableOptions } from "../../channels/unusable.ts";
import type { Notification } from "../../model/notification.ts";
import type { App, Channel } from "../deps.ts";
import { type DeliveryRow, deliveryKey } from "../persistence/delivery-rows.ts";
import { redactedStored } from "../persistence/redacted.ts";
import { contextOf } from "./context.ts";
import { type Destination, destinationOf } from "./limits/destination.ts";

/** What a try may take altogether; ms. */
const TIMEOUT_MS = 15_000;

/** What became of a try. */
export interface Attempt {
  /** As claimed for this try. */
  delivery: DeliveryRow;
  /** Undefined: it was claimed, but there was no time to send it. */
  outcome: Outcome | undefined;
  /** Whether its receiver was asked at all. */
  asked: boolean;
  /** What the delivery before it handed on, where its channel keeps something of the kind. */
  receipt?: string | undefined;
  /** Where it went; undefined: nowhere. */
  destination?: Destination;
}

/** Where the channel sends to. Never rejects: a channel whose secrets are not known has a place of its own. */
export async function destinationOfChannel({ channels }: Pick<App, "channels">, name: string): Promise<Destination> {
  const channel = channels.get(name);
  try {
    if (channel) return destinationOf(channel.type, await channel.options());
  } catch {
    // Each try of a delivery finds out, and says so.
  }
  return { id: `channel/${name}`, options: "" };
}

/** Never rejects. */
export async function attempt(app: App, delivery: DeliveryRow): Promise<Attempt> {
  const channel = app.channels.get(delivery.channel);
  if (channel === undefined) {
    const reason = `channel "${delivery.channel}" is not in the configuration any more`;
    return { delivery, outcome: { kind: "permanent", reason }, asked: false };
  }
  let options: Record<string, unknown>;
  try {
    options = await channel.options();
  } catch (error) {
    return { delivery, outcome: { kind: "retry", reason: (error as Error).message }, asked: false };
  }
  try {
    const destination = destinationOf(channel.type, options);
    const made = await tried(app, channel, options, delivery);
    const outcome = made.outcome?.kind;
    if (outcome !== undefined) app.counters.count("notifications", { channel: channel.name, outcome });
    return { delivery, ...made, destination };
  } catch (error) {
    const reason = `the message could not be made: ${(error as Error).message}`;
    return { delivery, outcome: { kind: "permanent", reason }, asked: false };
  }
}

/** Throws where the message cannot be made. */
async function tried(
  app: App,
  channel: Channel,
  options: Record<string, unknown>,
  delivery: DeliveryRow,
): Promise<Pick<Attempt, "outcome" | "asked" | "receipt">> {
  const { attempts } = delivery;
  const notification = await withoutSecrets(app, delivery.notification);
  const { type } = channel;
  const context = await contextOf(app, channel, notification, attempts);
  if ("text" in type) {
    const shown = readably(notification, (one) => type.text(one, options, context));
    return { outcome: await printed(app, shown), asked: true };
  }
  if ("send" in type) {
    const receipt = await receiptBefore(app, delivery);
    const given = receipt === undefined ? context : { ...context, receipt };
    return { outcome: await sent(app, type, options, notification, given), asked: true, receipt };
  }
  const request = readably(notification, (one) => type.render(one, options, context));
  if (request === null) return { outcome: { kind: "delivered" }, asked: false };
  try {
    const response = await exchange(app, request, TIMEOUT_MS);
    return { outcome: type.classify(response, { now: app.clock.now(), attempt: attempts }, options), asked: true };
  } catch (error) {
    return { outcome: { kind: "retry", reason: (error as Error).message }, asked: true };
  }
}

/**
 * Its alerts' texts were redacted when they were read: of a secret that was made known later (a rotated key, another
 * configuration) nothing goes out either.
 */
async function withoutSecrets({ redact }: App, notification: Notification): Promise<Notification> {
  const foreign = notification.alerts.map(({ summary, description, key, labels, resource, events }) => {
    return { summary, description, key, labels, resource, events };
  });
  const { group, alerts } = await redactedStored({ group: notification.group, alerts: foreign }, redact);
  return { ...notification, group, alerts: notification.alerts.map((alert, at) => ({ ...alert, ...alerts[at] })) };
}

/** Deliveries to one channel about one group follow each other: what the last one said is known by then. */
async function receiptBefore({ store }: App, row: DeliveryRow): Promise<string | undefined> {
  const { previous, receipt, ofSeveral } = row;
  if (receipt !== undefined || previous === null || ofSeveral) return receipt;
  // A store that cannot be read loses no message: it begins a thread of its own.
  const [before] = await store.getMany<DeliveryRow>([deliveryKey(previous)]).catch(() => []);
  return before?.data.ofSeveral ? undefined : before?.data.receipt;
}

async function printed(app: App, text: string): Promise<Outcome> {
  try {
    await app.print(text);
    return { kind: "delivered" };
  } catch (error) {
    return { kind: "retry", reason: (error as Error).message };
  }
}

/** A client of its own may not come to an end by itself, and what it throws may quote what it was given. */
async function sent(
  app: App,
  type: SendingChannel,
  options: Record<string, unknown>,
  notification: Notification,
  context: Omit<SendContext, "exchange" | "signal">,
): Promise<Outcome> {
  const began = performance.now();
  const signal = timeLimit(TIMEOUT_MS);
  const late = Promise.withResolvers<Outcome>();
  signal.addEventListener("abort", () => {
    late.resolve({ kind: "retry", reason: `no end within ${TIMEOUT_MS / 1_000} s` });
  });
  const send: SendContext = {
    ...context,
    signal,
    exchange(request, limit = TIMEOUT_MS) {
      const left = Math.round(began + TIMEOUT_MS - performance.now());
      return exchange(app, request, Math.max(1, Math.min(left, limit)));
    },
  };
  try {
    return await Promise.race([type.send(readable(notification), options, send), late.promise]);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof UnusableOptions) return { kind: "permanent", reason: app.redact(message) };
    return { kind: "retry", reason: receiverWords(app.redact(message, message.length)) };
  }
}

/** The answer as channels read it: they cut their reasons from its body, which may have been cut itself. */
async function exchange(app: App, request: HttpRequest, timeoutMs: number): Promise<HttpResponse> {
  const response = await sendHttp(request, { timeoutMs });
  return { ...response, body: app.redact(response.body, response.body.length) };
}
