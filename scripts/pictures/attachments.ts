// Discord's embeds, and the attachments of Mattermost and Rocket.Chat: Markdown beside a bar in the alert's colour.
import { type Body, type Drawn, escaped, SPEAKER, speaker, tag } from "./html.ts";
import { marked } from "./markdown.ts";

const BARS = `${SPEAKER}
.bar { border-left: 4px solid; border-radius: 4px; padding: 8px 12px; margin-top: 5px; line-height: 1.45; overflow-wrap: anywhere }
.title { font-weight: bold; font-size: 15px; margin-bottom: 5px } .mention { color: #1c58d9; background: #e8effd; border-radius: 3px; padding: 0 2px }
.said { line-height: 1.45; overflow-wrap: anywhere } a { color: #1c58d9 }`;
const DISCORD = `${BARS}
body { background: #313338; color: #dbdee1 } .speaker, .speaker b { color: #f2f3f5 } .badge { background: #5865f2; color: #fff }
.bar { background: #2b2d31; margin-right: 60px } .title { color: #f2f3f5 } .mention { color: #c9cdfb; background: #3c4270 } a { color: #00a8fc }`;

function discord({ content, embeds }: Body): Drawn {
  const called = content ? tag("span", "mention", "@ml-oncall") : "";
  const bars = embeds.map(({ title, description = "", color }: Body) => {
    return bar(`#${color.toString(16).padStart(6, "0")}`, title, description);
  });
  return { html: speaker("Lookout") + called + bars.join(""), style: DISCORD };
}

function mattermost({ text, attachments }: Body): Drawn {
  const called = text ? tag("span", "mention", escaped(text)) : "";
  const bars = attachments.map(({ color, title, text: said }: Body) => bar(color, title, said));
  return { html: speaker("Lookout") + called + bars.join(""), style: BARS };
}

/** Its bold is between single asterisks. */
function rocketchat({ text, attachments = [] }: Body): Drawn {
  const written = (said: string) => marked(said.replace(/\*([^*\n]+)\*/g, "**$1**"));
  const head = written(text).replace(/@\w+/, (name) => tag("span", "mention", name));
  const bars = attachments.map(({ color, text: said }: Body) => framed(color, written(said)));
  return { html: speaker("Lookout") + tag("div", "said", head) + bars.join(""), style: BARS };
}

function bar(colour: string, title: string | undefined, text: string): string {
  return framed(colour, (title ? tag("div", "title", marked(title)) : "") + marked(text));
}

function framed(colour: string, html: string): string {
  return `<div class="bar" style="border-color:${colour}">${html}</div>`;
}

export const attachments = { discord, mattermost, rocketchat };
