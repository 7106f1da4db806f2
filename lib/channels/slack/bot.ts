// A Slack app with a bot token: the first message about a group is posted, and edited as its alerts go on; what follows
// stands in its thread. https://docs.slack.dev/reference/methods/chat.postMessage
import { hashOf } from "../../model/hash.ts";
import type { Notification } from "../../model/notification.ts";
import { postJson } from "../http/address.ts";
import { jsonObject } from "../http/answer.ts";
import { LIMIT_MS } from "../http/posted.ts";
import { reasonOf } from "../message/news.ts";
import type { HttpRequest, HttpResponse, Outcome, SendContext } from "../port.ts";
import { type Advice, judge } from "./answer.ts";
import { payloadOf } from "./payload.ts";

export interface Bot {
  token: string;
  channel: string;
  /** The Web API. */
  url: string;
}

/** A group's first message, which the others answer. */
interface First {
  channel: string;
  ts: string;
}

/** What Slack says of a thread that is not there any more, or that the app cannot reach. */
const GONE = new Set(["thread_not_found", "message_not_found", "channel_not_found", "not_in_channel", "is_archived"]);

const INSTALL = "install the app again and give its new bot token";
const RESTRICTED = "an administrator restricts posting there: choose another channel, or have the app allowed";

/** https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const ADVICE: Advice = {
  errors: new Map([
    ["not_in_channel", "invite the app to the channel"],
    ["channel_not_found", "name the channel by its id, and invite the app where it is private"],
    ["is_archived", "unarchive the channel, or name another one"],
    ["invalid_auth", "check the token: it is the app's bot token (xoxb-…)"],
    ["not_authed", "check the token: it is the app's bot token (xoxb-…)"],
    ["not_allowed_token_type", "give the app's bot token (xoxb-…), not one of another kind"],
    ["token_expired", `turn off token rotation for the app, ${INSTALL}`],
    ["token_revoked", INSTALL],
    ["account_inactive", `the app was removed: ${INSTALL}`],
    ["missing_scope", "give the app the scope chat:write, and install it again"],
    ["no_permission", "give the app the scope chat:write, and install it again"],
    ["restricted_action", RESTRICTED],
    ["restricted_action_read_only_channel", RESTRICTED],
    ["ekm_access_denied", RESTRICTED],
    ["access_denied", RESTRICTED],
  ]),
  elsewhere: 'check "url": leave it out beside a token, or give a Web API, which ends with /api',
};

/** So few digits that no token can be guessed from them. */
const DIGITS = 6;

export async function postAsBot(notification: Notification, bot: Bot, context: SendContext): Promise<Outcome> {
  const first = firstOf(context.receipt, bot);
  if (first === undefined) return postedFirst(notification, bot, context);
  // What may be done twice comes first: where the process dies in between, only the post is made once more.
  const edited = await edit(notification, bot, first, context);
  if (edited === "message_not_found") return postedFirst(notification, bot, context);
  const reply = { thread_ts: first.ts, reply_broadcast: isNew(notification) };
  const answer = await context.exchange(postRequest(notification, { ...bot, channel: first.channel }, context, reply));
  if (GONE.has(errorOf(answer))) return postedFirst(notification, bot, context);
  const outcome = judge(answer, context.now, ADVICE);
  if (outcome.kind !== "delivered") return outcome;
  return { ...outcome, receipt: receiptOf(standsAlone(answer) ?? first, bot) };
}

/** The message where Slack put it into the channel: it does so, and says ok, where the one it answers was deleted. */
function standsAlone(answer: HttpResponse): First | undefined {
  const { channel, ts, message } = jsonObject(answer.body);
  if (typeof channel !== "string" || typeof ts !== "string") return undefined;
  return typeof message !== "object" || message === null || "thread_ts" in message ? undefined : { channel, ts };
}

/** Posts to the channel itself: this is the first message from now on. */
async function postedFirst(notification: Notification, bot: Bot, context: SendContext): Promise<Outcome> {
  const answer = await context.exchange(postRequest(notification, bot, context));
  const outcome = judge(answer, context.now, ADVICE);
  const { channel, ts } = jsonObject(answer.body);
  if (outcome.kind !== "delivered" || typeof channel !== "string" || typeof ts !== "string") return outcome;
  return { ...outcome, receipt: receiptOf({ channel, ts }, bot) };
}

function receiptOf({ channel, ts }: First, bot: Bot): string {
  return `${channel} ${ts} ${placeOf(bot)}`;
}

/** Undefined where the receipt is of another place: after a change of the configuration a new thread begins. */
function firstOf(receipt: string | undefined, bot: Bot): First | undefined {
  const [channel, ts, place] = receipt?.split(" ") ?? [];
  if (!channel || !ts) return undefined;
  // The release before noted no place.
  const isHere = place === undefined ? channel === bot.channel : place === placeOf(bot);
  return isHere ? { channel, ts } : undefined;
}

/** Where the configuration says that messages go, and as whom. */
function placeOf({ token, channel, url }: Bot): string {
  return hashOf([token, channel, url], DIGITS);
}

/**
 * The first message says how things are now; returns Slack's error. That it cannot be edited loses nothing: what is new
 * is posted anyway.
 */
async function edit(
  notification: Notification,
  bot: Bot,
  first: First,
  { exchange, ...context }: SendContext,
): Promise<string> {
  const { mentions: _nobody, ...quiet } = context;
  const payload = { ...payloadOf(asItIs(notification), quiet), ...first };
  return exchange(request("chat.update", bot, payload), LIMIT_MS).then(errorOf, () => "");
}

/** In one word; empty: none. */
function errorOf({ body }: HttpResponse): string {
  const { error } = jsonObject(body);
  return typeof error === "string" ? error : "";
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
