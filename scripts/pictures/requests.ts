// What a channel really sends for a notification: its text, the request it renders, or what its client sends to a
// server that takes everything.
import type { RenderContext } from "../../lib/channels/port.ts";
import { channelTypes } from "../../lib/channels/registry.ts";
import type { Notification } from "../../lib/model/notification.ts";
import { type ScriptedServer, startScripted } from "../../test/support/scripted-http.ts";
import { type SmtpServer, startSmtpServer } from "../../test/support/smtp-server.ts";

export interface Sent {
  url: string;
  /** Read where it is JSON, else as it is. */
  // biome-ignore lint/suspicious/noExplicitAny: any service's body
  body: any;
}

/** The servers that clients of a channel's own lead to. */
export interface Receivers {
  http: ScriptedServer;
  smtp: SmtpServer;
  close(): Promise<unknown>;
}

export async function startReceivers(): Promise<Receivers> {
  const [http, smtp] = await Promise.all([startScripted({ status: 200, body: "{}" }), startSmtpServer()]);
  return { http, smtp, close: () => Promise.all([http.close(), smtp.close()]) };
}

/** Everything that is sent for the notification, in order. */
export async function sentBy(
  type: string,
  options: Record<string, unknown>,
  notification: Notification,
  context: RenderContext,
  receivers: Receivers,
): Promise<Sent[]> {
  const channel = channelTypes.get(type)!;
  if ("text" in channel) return [{ url: "", body: channel.text(notification, options, context) }];
  const parts = channel.split?.(notification) ?? [notification.alerts];
  const sent: Sent[] = [];
  for (const alerts of parts) {
    const part = { ...notification, alerts };
    if ("render" in channel) {
      const { url, body } = channel.render(part, options, context)!;
      sent.push({ url, body: read(body) });
      continue;
    }
    await channel.send(part, options, {
      ...context,
      signal: AbortSignal.timeout(10_000),
      exchange: async ({ url, body }) => {
        sent.push({ url, body: read(body) });
        return { status: 200, headers: {}, body: "ok" };
      },
    });
    const requests = receivers.http.received.splice(0).map(({ path, body }) => ({ url: path, body: read(body) }));
    const mails = receivers.smtp.mails.splice(0).map((body) => ({ url: "", body }));
    sent.push(...requests, ...mails);
  }
  return sent;
}

function read(body: string): unknown {
  return /^[{[]/.test(body) ? JSON.parse(body) : body;
}
