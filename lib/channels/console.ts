// This process's own output: the notification as plain lines; the simplest channel, and the one that needs no account.
import * as z from "zod";
import type { Line, Medium } from "./message/medium.ts";
import { compose } from "./message/message.ts";
import { characters } from "./message/plain.ts";
import type { PrintingChannel } from "./port.ts";

const Options = z.strictObject({});

/** No terminal wants more than this at once. */
const MEDIUM: Medium = {
  limit: 64_000,
  text: characters,
  line: (line) => characters(indented(line)) + 1,
  frame: 0,
};

export const consoleOutput: PrintingChannel<z.infer<typeof Options>> = {
  type: "console",
  options: Options,
  incident: false,
  template: "words",
  text(notification, _options, context) {
    const { title, blocks } = compose(notification, context, MEDIUM);
    return [title, ...blocks.flat().map(indented)].join("\n");
  },
};

function indented({ text, strong, link }: Line): string {
  const shown = link ? `${text}: ${link}` : text;
  return strong ? shown : `  ${shown}`;
}
