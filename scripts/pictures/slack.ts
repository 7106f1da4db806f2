// Slack: blocks and attachments.
import { type Body, type Drawn, escaped, SPEAKER, speaker, tag } from "./html.ts";

const STYLE = `${SPEAKER}
.header { font-size: 17px; font-weight: bold; line-height: 1.35; margin: 2px 0 6px }
.attachment { border-left: 4px solid #ddd; border-radius: 3px; padding: 2px 0 2px 11px; margin: 7px 0; line-height: 1.45 }
.context { font-size: 12px; color: #616061; margin-top: 4px } .section { margin: 5px 0 }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 3px 11px; margin: 7px 7px 2px 0;
  font-weight: bold; font-size: 13px }
.mention { background: #fdf0c2; color: #1264a3; border-radius: 3px; padding: 0 2px }`;

export function slack({ blocks, attachments }: Body): Drawn {
  const above = blocks.map(block).join("");
  const cards = attachments.map(({ color, blocks: inner }: Body) => {
    return `<div class="attachment" style="border-color:${color ?? "#ddd"}">${inner.map(block).join("")}</div>`;
  });
  return { html: speaker("Lookout") + above + cards.join(""), style: STYLE };
}

function block({ type, text, elements }: Body): string {
  if (type === "header") return tag("div", "header", escaped(text.text));
  if (type === "section") return tag("div", "section", ...mentions(text.text));
  if (type === "context") return elements.map((one: Body) => tag("div", "context", escaped(one.text))).join("");
  if (type === "actions") return elements.map((one: Body) => tag("span", "button", escaped(one.text.text))).join("");
  return tag("div", "", ...elements[0].elements.map(run));
}

function run({ text, style }: Body): string {
  return style?.bold ? tag("b", "", escaped(text)) : escaped(text);
}

function mentions(text: string): string[] {
  return text.split(" ").map((id) => tag("span", "mention", id.includes("^S") ? "@ml-oncall" : "@ada"));
}
