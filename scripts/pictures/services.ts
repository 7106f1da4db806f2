// How each service's client shows what a channel sends it, as HTML: enough of it to judge a message by. To draw another
// channel, add its renderer to SERVICES.
import { cards } from "./cards.ts";
import type { Drawn } from "./html.ts";
import { incidents } from "./incidents.ts";
import { chats } from "./markdown.ts";
import { slack } from "./slack.ts";
import { terminal } from "./terminal.ts";

export interface Service {
  /** Resolved options to render with. */
  options: Record<string, unknown>;
  /** Somebody who can be mentioned there. */
  mention?: string;
  /** Draws the body of a request, or the text of a channel that prints. */
  draw: (body: unknown) => Drawn;
}

const url = "https://hooks.example.com/bot";

export const SERVICES: Readonly<Record<string, Service>> = {
  slack: { options: { url }, mention: "S0ONCALL", draw: slack },
  teams: { options: { url }, mention: "ada@example.com", draw: cards.teams },
  feishu: { options: { url }, mention: "all", draw: cards.feishu },
  dingtalk: { options: { url }, mention: "13800000000", draw: chats.dingtalk },
  wecom: { options: { url }, mention: "zhangsan", draw: chats.wecom },
  pagerduty: { options: { url, routingKey: "k" }, draw: incidents.pagerduty },
  console: { options: {}, draw: terminal },
};
