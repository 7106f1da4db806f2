// One try of a delivery: the channel's options are resolved, the message is made, sent, and the answer judged.
import { sendHttp } from "../../channels/http/send.ts";
import { readably } from "../../channels/message/readable.ts";
import type { HttpRequest, Outcome } from "../../channels/port.ts";
import type { App, Channel } from "../deps.ts";
import type { DeliveryRow } from "../persistence/rows.ts";

const TIMEOUT_MS = 15_000;

/** What became of a try. */
export interface Attempt {
  /** As claimed for this try. */
  delivery: DeliveryRow;
  /** Undefined: it was claimed, but there was no time to send it. */
  outcome: Outcome | undefined;
  /** Whether its receiver was asked at all. */
  asked: boolean;
}

/** Never rejects. */
export async function attempt(app: App, delivery: DeliveryRow): Promise<Attempt> {
  const channel = app.channels.get(delivery.channel);
  if (channel === undefined) {
    const reason = `channel "${delivery.channel}" is not in the configuration any more`;
    return { delivery, outcome: { kind: "permanent", reason }, asked: false };
  }
  const context = { now: app.clock.now(), timezone: app.config.timezone, attempt: delivery.attempts };
  let options: Record<string, unknown>;
  try {
    options = await channel.options();
  } catch (error) {
    return { delivery, outcome: { kind: "retry", reason: (error as Error).message }, asked: false };
  }
  try {
    const { type } = channel;
    const { text } = type;
    if (text) {
      const shown = readably(delivery.notification, (notification) => text(notification, options, context));
      return { delivery, outcome: await printed(app, shown), asked: true };
    }
    const request = readably(delivery.notification, (notification) => type.render(notification, options, context));
    if (request === null) return { delivery, outcome: { kind: "delivered" }, asked: false };
    return { delivery, outcome: await exchange(app, channel, request, context.attempt), asked: true };
  } catch (error) {
    const reason = `the message could not be made: ${(error as Error).message}`;
    return { delivery, outcome: { kind: "permanent", reason }, asked: false };
  }
}

async function printed(app: App, text: string): Promise<Outcome> {
  try {
    await app.print(text);
    return { kind: "delivered" };
  } catch (error) {
    return { kind: "retry", reason: (error as Error).message };
  }
}

async function exchange(app: App, channel: Channel, request: HttpRequest, attempt: number): Promise<Outcome> {
  try {
    const response = await sendHttp(request, { timeoutMs: TIMEOUT_MS });
    // Before the channel cuts its reason from it. The body may have been cut itself, within a secret.
    const body = app.redact(response.body, response.body.length);
    return channel.type.classify({ ...response, body }, { now: app.clock.now(), attempt });
  } catch (error) {
    return { kind: "retry", reason: (error as Error).message };
  }
}
