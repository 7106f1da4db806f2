// Every kind of destination by its name in the configuration; one line each, and the folder holds no other. Built code
// loads a type when it is first asked for (scripts/at-need.ts).

import { lateMap } from "../model/lookup.ts";
import { eventbridge } from "./aws/eventbridge.ts";
import { ses } from "./aws/ses.ts";
import { sns } from "./aws/sns.ts";
import { sqs } from "./aws/sqs.ts";
import { dingtalk } from "./chat/dingtalk.ts";
import { discord } from "./chat/discord.ts";
import { feishu } from "./chat/feishu.ts";
import { googleChat } from "./chat/google-chat.ts";
import { mattermost } from "./chat/mattermost.ts";
import { rocketchat } from "./chat/rocketchat.ts";
import { slack } from "./chat/slack.ts";
import { teams } from "./chat/teams.ts";
import { telegram } from "./chat/telegram.ts";
import { wecom } from "./chat/wecom.ts";
import { welink } from "./chat/welink.ts";
import { consoleOutput } from "./console.ts";
import { gotify } from "./gotify.ts";
import { alertmanager } from "./incidents/alertmanager.ts";
import { grafanaOncall } from "./incidents/grafana-oncall.ts";
import { incidentIo } from "./incidents/incident-io.ts";
import { jsm } from "./incidents/jsm.ts";
import { opsgenie } from "./incidents/opsgenie.ts";
import { pagerduty } from "./incidents/pagerduty.ts";
import { smtp } from "./mail/smtp.ts";
import { ntfy } from "./ntfy.ts";
import type { ChannelType } from "./port.ts";
import { smn } from "./smn.ts";
import { webhook } from "./webhook.ts";

const CHANNELS: Readonly<Record<string, () => ChannelType>> = {
  webhook: () => webhook,
  slack: () => slack,
  feishu: () => feishu,
  dingtalk: () => dingtalk,
  wecom: () => wecom,
  teams: () => teams,
  welink: () => welink,
  discord: () => discord,
  telegram: () => telegram,
  "google-chat": () => googleChat,
  mattermost: () => mattermost,
  rocketchat: () => rocketchat,
  ntfy: () => ntfy,
  gotify: () => gotify,
  pagerduty: () => pagerduty,
  opsgenie: () => opsgenie,
  jsm: () => jsm,
  "incident-io": () => incidentIo,
  "grafana-oncall": () => grafanaOncall,
  alertmanager: () => alertmanager,
  smtp: () => smtp,
  smn: () => smn,
  ses: () => ses,
  sns: () => sns,
  sqs: () => sqs,
  eventbridge: () => eventbridge,
  console: () => consoleOutput,
};

export const channelTypes: ReadonlyMap<string, ChannelType> = lateMap(CHANNELS);
