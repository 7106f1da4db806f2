// How each service's client shows what a channel sends it, as HTML: enough of it to judge a message by. To draw another
// channel, add its renderer to SERVICES.
import { attachments } from "./attachments.ts";
import { cards } from "./cards.ts";
import type { Body, Drawn } from "./html.ts";
import { incidents } from "./incidents.ts";
import { programs } from "./json.ts";
import { mails } from "./mail.ts";
import { chats } from "./markdown.ts";
import { phones } from "./phones.ts";
import type { Receivers, Sent } from "./requests.ts";
import { slack } from "./slack.ts";
import { terminal } from "./terminal.ts";

type Options = Record<string, unknown>;

export interface Service {
  /** Resolved options to send with; of a channel with a client of its own, those that lead to the receivers. */
  options: Options | ((receivers: Receivers) => Options);
  /** Somebody who can be mentioned there. */
  mention?: string;
  /** Draws everything that was sent for one notification until `now`. */
  draw: (sent: Sent[], now: number) => Drawn;
}

const url = "https://hooks.example.com/bot";
const token = "k";
const letter = { from: "Lookout <lookout@example.com>", to: ["oncall@example.com"] };
const topicUrn = "urn:smn:eu-de:0123456789abcdef0123456789abcdef:ops";

export const SERVICES: Readonly<Record<string, Service>> = {
  slack: { options: { url }, mention: "S0ONCALL", draw: first(slack) },
  teams: { options: { url }, mention: "ada@example.com", draw: first(cards.teams) },
  feishu: { options: { url }, mention: "all", draw: first(cards.feishu) },
  // Without a mention, which a card cannot hold.
  dingtalk: { options: { url }, draw: first(chats.dingtalk) },
  wecom: { options: { url }, mention: "zhangsan", draw: first(chats.wecom) },
  welink: { options: { url }, mention: "zhangsan", draw: first(chats.welink) },
  discord: { options: { url }, mention: "<@&165511591545143296>", draw: first(attachments.discord) },
  telegram: {
    options: { token: `1:${"k".repeat(35)}`, chat: 1, url },
    mention: "@ada_lovelace",
    draw: first(chats.telegram),
  },
  "google-chat": { options: { url }, mention: "users/108671446647545753952", draw: first(cards.googleChat) },
  mattermost: { options: { url }, mention: "@ada", draw: first(attachments.mattermost) },
  rocketchat: { options: { url }, mention: "@ada", draw: first(attachments.rocketchat) },
  ntfy: { options: { topic: "lookout-7h2k", url: "https://ntfy.sh" }, draw: first(phones.ntfy) },
  gotify: { options: { url, token }, draw: first(phones.gotify) },
  pagerduty: { options: { url, routingKey: token }, draw: incidents.pagerduty },
  opsgenie: { options: { url, apiKey: token }, draw: incidents.genie },
  jsm: { options: { url, apiKey: token }, draw: incidents.genie },
  "incident-io": { options: { url, token }, draw: incidents.incidentIo },
  "grafana-oncall": { options: { url }, draw: incidents.grafanaOncall },
  alertmanager: { options: { url }, draw: incidents.alertmanager },
  smtp: {
    options: ({ smtp }) => ({ ...letter, url: `smtp://127.0.0.1:${smtp.port}`, tls: "off" }),
    draw: first(mails.smtp),
  },
  ses: { options: (receivers) => ({ ...letter, ...aws(receivers) }), draw: first(mails.ses) },
  smn: { options: { topicUrn, accessKey: "k", secretKey: "k" }, draw: first(mails.smn) },
  sns: {
    options: (receivers) => ({ topicArn: "arn:aws:sns:eu-central-1:123456789012:ops", ...aws(receivers) }),
    draw: first(mails.sns),
  },
  sqs: { options: (receivers) => ({ queueUrl: receivers.http.url, ...aws(receivers) }), draw: first(programs.sqs) },
  eventbridge: {
    options: (receivers) => ({
      bus: "default",
      source: "lookout",
      detailType: "Lookout Notification",
      ...aws(receivers),
    }),
    draw: first(programs.eventbridge),
  },
  webhook: { options: { url, format: "lookout" }, draw: first(programs.webhook) },
  console: { options: {}, draw: first(terminal) },
};

/** Draws the first message, which has all that people see at first. */
function first(draw: (body: Body) => Drawn): Service["draw"] {
  return ([message]) => draw(message!.body);
}

function aws({ http }: Receivers): Options {
  return { region: "eu-central-1", endpoint: http.url };
}
