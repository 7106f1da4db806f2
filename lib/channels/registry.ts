// Every kind of destination by its name in the configuration; one line each, and the folder holds no other.
import { consoleOutput } from "./console.ts";
import { dingtalk } from "./dingtalk.ts";
import { discord } from "./discord.ts";
import { feishu } from "./feishu.ts";
import { googleChat } from "./google-chat.ts";
import { gotify } from "./gotify.ts";
import { mattermost } from "./mattermost.ts";
import { ntfy } from "./ntfy.ts";
import { pagerduty } from "./pagerduty.ts";
import type { ChannelType } from "./port.ts";
import { rocketchat } from "./rocketchat.ts";
import { slack } from "./slack.ts";
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
  welink,
  teams,
  discord,
  telegram,
  googleChat,
  mattermost,
  rocketchat,
  ntfy,
  gotify,
  pagerduty,
  consoleOutput,
];

export const channelTypes: ReadonlyMap<string, ChannelType> = new Map(CHANNELS.map((one) => [one.type, one]));
