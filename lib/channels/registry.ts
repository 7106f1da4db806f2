// Every kind of destination by its name in the configuration; one line each, and the folder holds no other.
import { alertmanager } from "./alertmanager.ts";
import { consoleOutput } from "./console.ts";
import { dingtalk } from "./dingtalk.ts";
import { eventbridge } from "./eventbridge.ts";
import { feishu } from "./feishu.ts";
import { grafanaOncall } from "./grafana-oncall.ts";
import { incidentIo } from "./incident-io.ts";
import { jsm } from "./jsm.ts";
import { opsgenie } from "./opsgenie.ts";
import { pagerduty } from "./pagerduty.ts";
import type { ChannelType } from "./port.ts";
import { ses } from "./ses.ts";
import { slack } from "./slack.ts";
import { smn } from "./smn.ts";
import { smtp } from "./smtp.ts";
import { sns } from "./sns.ts";
import { sqs } from "./sqs.ts";
import { teams } from "./teams.ts";
import { webhook } from "./webhook.ts";
import { wecom } from "./wecom.ts";

const CHANNELS: readonly ChannelType[] = [
  webhook,
  slack,
  feishu,
  dingtalk,
  wecom,
  teams,
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
