// The configuration of a benchmark over the events of one service.

import { connectionOf } from "../lib/simulator/describe.ts";
import type { Simulator } from "../lib/simulator/server.ts";
import type { Notified } from "./receiver.ts";

export const SERVICE = "35de3ca9-1bca-4ae7-9cb0-914f30fa7d3e";

/** `rules`: the items of the list, indented by two. */
export function oneService({ url, credentials }: Simulator, receiver: Notified, rules: string): string {
  return `
${connectionOf({ url, credentials })}sources: [{ kind: service-events, targets: ["${SERVICE}"], lookback: 30d }]
rules:${rules}
route: { channels: [ops], groupBy: [rule] }
channels: { ops: { type: webhook, url: "${receiver.url}" } }
`;
}
