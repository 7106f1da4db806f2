// What every channel with a client of its own must do; a channel's own test gives its service, terms and refusals.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { receiverWords } from "../../lib/channels/http/redact.ts";
import { sendHttp } from "../../lib/channels/http/send.ts";
import { readable, readably } from "../../lib/channels/message/readable.ts";
import type { Outcome, SendingChannel } from "../../lib/channels/port.ts";
import { channelTypes } from "../../lib/channels/registry.ts";
import { UnusableOptions } from "../../lib/channels/unusable.ts";
import type { Notification, NotifiedAlert } from "../../lib/model/notification.ts";
import { BROKEN, crowdsFor, TEXTS } from "./contract.ts";
import { aNotification, anAlert, crowd, NOW } from "./samples.ts";

/** The destination's service, which a test plays. */
export interface Service<Fault> {
  /** What the next requests get; undefined: they are accepted. */
  fault: Fault | "cut" | "silent" | undefined;
  /** Each message as people or programs read it, in order. */
  messages(): string[];
  /** What the service counts of each message. */
  sizes(): number[];
  /** The options that lead here. */
  options: Record<string, unknown>;
  /** Resolves with the next request, and the end of its connection. */
  asked(): Promise<{ closed: Promise<void> }>;
  reset(): void;
  close(): Promise<void>;
}

export interface SendingSpec<Fault> {
  type: string;
  start(): Promise<Service<Fault>>;
  /** Substrings of the options that must show nowhere. */
  secrets: string[];
  /** The service's refusals, what becomes of the delivery, and what its reason says. */
  refusals: [name: string, fault: Fault, kind: "retry" | "permanent", reason: RegExp][];
  /** How much of a message the service accepts. */
  limit: number;
}

export function sendingChannel(type: string): SendingChannel {
  const channel = channelTypes.get(type);
  if (channel === undefined || !("send" in channel)) throw new Error(`no channel ${type} with a client of its own`);
  return channel;
}

/** Sends as deliveries do: what it throws is worth another try. All parts; the outcome of the last. */
export async function sent(
  type: string,
  options: Record<string, unknown>,
  notification: Notification,
  more: { signal?: AbortSignal; receipt?: string; now?: number } = {},
): Promise<Outcome> {
  const channel = sendingChannel(type);
  const { signal = new AbortController().signal, now = NOW, ...rest } = more;
  const exchange = (request: Parameters<typeof sendHttp>[0]) => sendHttp(request, { signal });
  const context = { now, timezone: "Europe/Berlin", attempt: 1, signal, exchange, ...rest };
  let outcome: Outcome = { kind: "delivered" };
  for (const alerts of channel.split ? readably(notification, channel.split) : [notification.alerts]) {
    try {
      outcome = await channel.send(readable({ ...notification, alerts }), options, context);
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof UnusableOptions) outcome = { kind: "permanent", reason: message };
      else outcome = { kind: "retry", reason: receiverWords(message) };
    }
  }
  return outcome;
}

export function sendingContract<Fault>(spec: SendingSpec<Fault>): void {
  const { type, secrets } = spec;
  const channel = sendingChannel(type);
  let service: Service<Fault>;
  const send = (notification = aNotification(), signal?: AbortSignal) =>
    sent(type, service.options, notification, signal ? { signal } : {});

  describe(`${type}: every channel with a client of its own`, () => {
    beforeAll(async () => {
      service = await spec.start();
    });
    beforeEach(() => {
      service.fault = undefined;
      service.reset();
    });
    afterAll(() => service.close());

    test("is registered under its own type and validates its options strictly", () => {
      expect(channel.type).toBe(type);
      expect(channel.options.safeParse(service.options).error).toBeUndefined();
      expect(channel.options.safeParse({ ...service.options, colour: "red" }).success).toBe(false);
    });

    test("what the service accepts is a delivery", async () => {
      expect(await send()).toMatchObject({ kind: "delivered" });
      expect(service.messages()).toHaveLength(1);
    });

    test.each(spec.refusals)("%s: the reason says what it is, and no secret", async (_name, fault, kind, reason) => {
      service.fault = fault;
      const outcome = await send();
      expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(reason) });
      expectNoSecret(outcome);
    });

    test("a connection that is cut is worth another try", async () => {
      service.fault = "cut";
      const outcome = await send();
      expect(outcome.kind).toBe("retry");
      expectNoSecret(outcome);
    });

    test("a service that does not answer is left when the time is over, and its connection with it", async () => {
      service.fault = "silent";
      const controller = new AbortController();
      const asked = service.asked();
      const outcome = send(aNotification(), controller.signal);
      const { closed } = await asked;
      controller.abort(new Error("no end in time"));
      expect((await outcome).kind).toBe("retry");
      await closed;
    });

    test.each(TEXTS)("any number of alerts of %s stays within the limit", async (_name, unit) => {
      const text = unit.repeat(Math.ceil(5_000 / (JSON.stringify(unit).length - 2)));
      for (const count of crowdsFor({ incident: true }, 110)) {
        const all = aNotification({ alerts: crowd(count, text), reason: "update", group: { text } });
        expect((await send(all)).kind).toBe("delivered");
      }
      expect(Math.max(...service.sizes())).toBeLessThanOrEqual(spec.limit);
      for (const message of service.messages()) expect(message.isWellFormed()).toBe(true);
    });

    test.each(BROKEN)("an alert with %s fails no message: the others are notified", async (_name, fields) => {
      const odd = { ...anAlert({ id: "odd" }), ...fields } as NotifiedAlert;
      const outcome = await send(aNotification({ alerts: [odd, anAlert({ summary: "A real outage", id: "real" })] }));
      expect(outcome.kind).toBe("delivered");
      expect(service.messages().join("")).toContain("A real outage");
    });

    test("thirty alerts are all named", async () => {
      const alerts = Array.from({ length: 30 }, (_, i) => anAlert({ summary: `resource-${i} is down`, id: `a${i}` }));
      await send(aNotification({ alerts }));
      const said = service.messages().join("\n");
      for (const { summary } of alerts) expect(said).toContain(summary);
    });

    test("a test is marked as one", async () => {
      await send(aNotification({ test: true }));
      await send();
      const [marked, other] = service.messages();
      expect(marked).toMatch(/TEST|"test":true/);
      expect(other).not.toMatch(/TEST|"test":true/);
    });
  });

  function expectNoSecret(outcome: Outcome): void {
    const { reason } = outcome as { reason: string };
    for (const secret of secrets) expect(reason).not.toContain(secret);
    expect(reason.length).toBeLessThan(400);
  }
}
