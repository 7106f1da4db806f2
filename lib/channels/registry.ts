// Every kind of destination by its name in the configuration; one line each, and the folder holds no other.
import { alertmanager } from "./alertmanager.ts";
import { consoleOutput } from "./console.ts";
import { dingtalk } from "./dingtalk.ts";
import { discord } from "./discord.ts";
import { eventbridge } from "./eventbridge.ts";
import { feishu } from "./feishu.ts";
import { googleChat } from "./google-chat.ts";
import { gotify } from "./gotify.ts";
import { grafanaOncall } from "./grafana-oncall.ts";
import { incidentIo } from "./incident-io.ts";
import { jsm } from "./jsm.ts";
import { mattermost } from "./mattermost.ts";
import { ntfy } from "./ntfy.ts";
import { opsgenie } from "./opsgenie.ts";
import { pagerduty } from "./pagerduty.ts";
import type { ChannelType } from "./port.ts";
import { rocketchat } from "./rocketchat.ts";
import { ses } from "./ses.ts";
import { slack } from "./slack.ts";
import { smn } from "./smn.ts";
import { smtp } from "./smtp.ts";
import { sns } from "./sns.ts";
import { sqs } from "./sqs.ts";
import { teams } from "./teams.ts";
import { telegram } from "./telegram.ts";
import { webhook } from "./webhook.ts";
import { wecom } from "./wecom.ts";
import { welink } from "./welink.ts";

const CHANNELS: readonly ChannelType[] = [
  webhook,
  slack,
  feishu,
  dingtalk,
  wecom,
  teams,
  welink,
  discord,
  telegram,
  googleChat,
  mattermost,
  rocketchat,
  ntfy,
  gotify,
  pagerduty,
  opsgenie,
  jsm,
  incidentIo,
  grafanaOncall,
  alertmanager,
  smtp,
  smn,
  ses,
  sns,
  sqs,
  eventbridge,
  consoleOutput,
];

export const channelTypes: ReadonlyMap<string, ChannelType> = new Map(CHANNELS.map((one) => [one.type, one]));
