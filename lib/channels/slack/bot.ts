// A Slack app with a bot token: the first message about a group is posted, and edited as its alerts go on; what follows
// stands in its thread. https://docs.slack.dev/reference/methods/chat.postMessage
import type { Notification } from "../../model/notification.ts";
import { postJson } from "../http/address.ts";
import { jsonObject } from "../http/answer.ts";
import { reasonOf } from "../message/news.ts";
import type { HttpRequest, HttpResponse, Outcome, SendContext } from "../port.ts";
import { judge } from "./answer.ts";
import { payloadOf } from "./payload.ts";

export interface Bot {
  token: string;
  channel: string;
  /** The Web API. */
  url: string;
}

/** What a thread is called that is not there any more. */
const GONE = new Set(["thread_not_found", "message_not_found"]);

export async function postAsBot(notification: Notification, bot: Bot, context: SendContext): Promise<Outcome> {
  const first = firstOf(context.receipt);
  if (first === undefined) return posted(await context.exchange(postRequest(notification, bot, context)), context);
  // What may be done twice comes first: where the process dies in between, only the post is made once more.
  await edit(notification, bot, first, context);
  const reply = { thread_ts: first.ts, reply_broadcast: isNew(notification) };
  const answer = await context.exchange(postRequest(notification, { ...bot, channel: first.channel }, context, reply));
  if (GONE.has(String(jsonObject(answer.body)["error"]))) {
    return posted(await context.exchange(postRequest(notification, bot, context)), context);
  }
  const outcome = judge(answer, context.now);
  return outcome.kind === "delivered" ? { ...outcome, receipt: context.receipt! } : outcome;
}

/** What was just posted is the first message from now on. */
function posted(answer: HttpResponse, { now }: SendContext): Outcome {
  const outcome = judge(answer, now);
  const { channel, ts } = jsonObject(answer.body);
  if (outcome.kind !== "delivered" || typeof channel !== "string" || typeof ts !== "string") return outcome;
  return { ...outcome, receipt: `${channel} ${ts}` };
}

function firstOf(receipt: string | undefined): { channel: string; ts: string } | undefined {
  const [channel, ts] = receipt?.split(" ") ?? [];
  return channel && ts ? { channel, ts } : undefined;
}

/** The first message says how things are now. That it cannot be edited loses nothing: what is new is posted anyway. */
async function edit(
  notification: Notification,
  bot: Bot,
  first: { channel: string; ts: string },
  { exchange, ...context }: SendContext,
): Promise<void> {
  const { mentions: _nobody, ...quiet } = context;
  const payload = { ...payloadOf(asItIs(notification), quiet), ...first };
  await exchange(request("chat.update", bot, payload)).catch(() => {});
}

/** Every alert as what leads the message, not only what is new. */
function asItIs(notification: Notification): Notification {
  const alerts = notification.alerts.map((alert) => {
    return { ...alert, reason: alert.status === "resolved" ? ("resolved" as const) : ("new" as const) };
  });
  return { ...notification, alerts };
}

/** Whether the channel is to see it, too, not only who follows the thread. */
function isNew({ alerts, reason }: Notification): boolean {
  return alerts.some((alert) => alert.status === "firing" && reasonOf(alert, reason) === "new");
}

function postRequest(notification: Notification, bot: Bot, context: SendContext, reply: object = {}): HttpRequest {
  return request("chat.postMessage", bot, { ...payloadOf(notification, context), channel: bot.channel, ...reply });
}

function request(method: string, { url, token }: Bot, body: object): HttpRequest {
  return postJson(`${url.replace(/\/+$/, "")}/${method}`, body, { authorization: `Bearer ${token}` });
}
