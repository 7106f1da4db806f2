// The live application as a replay has it: over a store and a clock of its own, with channels that
// only record what they are given.
import type { ChannelType } from "../../channels/port.ts";
import type { Config } from "../../model/config.ts";
import type { Log } from "../../model/log.ts";
import type { Notification } from "../../model/notification.ts";
import type { Store } from "../../store/port.ts";
import { createApp } from "../app.ts";
import type { App, Bus, Channel } from "../deps.ts";

/** `record` is given at once what a channel would have sent. What live polling would log as an error is thrown. */
export function recordingApp(
  config: Config,
  store: Store,
  now: () => number,
  bus: Bus,
  record: (notification: Notification) => void,
): App {
  const app = createApp(config, {
    store,
    clock: { now, sleep: async () => {} },
    random: () => 0,
    identity: { id: "replay", isGone: () => false },
    log: failingLog,
    bus,
    secrets: {
      resolve: async (text) => text,
      resolveDeep: async (value) => value,
      add() {},
      addPassing() {},
      redact: (text) => text,
    },
    print: async () => {},
  });
  const channels = [...app.channels].map(([name, channel]): [string, Channel] => {
    const text = (notification: Notification): string => {
      record(notification);
      return "";
    };
    // What a service takes in a time is nothing that a rule decides.
    const { rate: _unlimited, ...unlimited } = channel.type;
    const type: ChannelType = { ...unlimited, text };
    return [name, { ...channel, type, options: async () => ({}) }];
  });
  return { ...app, channels: new Map(channels) };
}

/** Live, what fails stays due and is tried again; here it would be missing from the outcome. */
const failingLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error(message, fields) {
    throw new Error(`the replay cannot go on: ${message}: ${fields?.["error"] ?? ""}`);
  },
};
