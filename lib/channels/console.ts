// This process's own output: the notification as plain lines; the simplest channel, and the one that needs no account.
import * as z from "zod";
import type { Line, Medium } from "./message/medium.ts";
import { compose } from "./message/message.ts";
import { characters } from "./message/plain.ts";
import type { ChannelType } from "./port.ts";

const Options = z.strictObject({});

/** No terminal wants more than this at once. */
const MEDIUM: Medium = {
  limit: 64_000,
  text: characters,
  line: (line) => characters(indented(line)) + 1,
  frame: 0,
};

export const consoleOutput: ChannelType<z.infer<typeof Options>> = {
  type: "console",
  options: Options,
  incident: false,
  render: () => null,
  classify: () => ({ kind: "delivered" }),
  text(notification, _options, { timezone }) {
    const { title, blocks } = compose(notification, timezone, MEDIUM);
    return [title, ...blocks.flat().map(indented)].join("\n");
  },
};

function indented({ text, strong, link }: Line): string {
  const shown = link ? `${text}: ${link}` : text;
  return strong ? shown : `  ${shown}`;
}
