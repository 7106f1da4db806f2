// Chats that show one text: bubbles with Markdown in them, or none.
import { type Body, type Drawn, escaped, SPEAKER, speaker, tag } from "./html.ts";

const STYLE = `${SPEAKER}
.bubble { background: #f7f7f7; border-radius: 8px; padding: 10px 12px; line-height: 1.5; overflow-wrap: anywhere }
.button { border-top: 1px solid #e3e3e3; color: #1677ff; margin-top: 8px; padding-top: 8px; text-align: center }
a, .mention { color: #1677ff; text-decoration: none }`;

/** As HTML: what is bold, and links. */
export function marked(text: string): string {
  return escaped(text.replaceAll("  \n", "\n"))
    .replace(/\*\*(.+?)\*\*/g, "<b>$1</b>")
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "<a>$1</a>");
}

/** `html`: with who is mentioned still as the service writes them. */
function bubble(html: string): Drawn {
  const called = html.replace(/&#60;@(\w+)&#62;|@(\w+)/g, '<span class="mention">@$1$2</span>');
  return { html: speaker("Lookout") + tag("div", "bubble", called), style: STYLE };
}

/** Telegram's entities: bold, links and mentions by their place in the text. */
function telegram({ text, entities }: Body): Drawn {
  let html = "";
  let at = 0;
  for (const { type, offset, length } of entities) {
    const name = type === "bold" ? "b" : "a";
    html += escaped(text.slice(at, offset)) + tag(name, "", escaped(text.slice(offset, offset + length)));
    at = offset + length;
  }
  return { html: speaker("Lookout") + tag("div", "bubble", html + escaped(text.slice(at))), style: STYLE };
}

/** A card with its buttons below each other, or Markdown. */
function dingtalk({ markdown, actionCard }: Body): Drawn {
  if (markdown) return bubble(marked(markdown.text));
  const buttons = actionCard.btns.map(({ title }: Body) => tag("div", "button", escaped(title)));
  return bubble(marked(actionCard.text) + buttons.join(""));
}

export const chats = {
  dingtalk,
  wecom: ({ markdown }: Body): Drawn => bubble(marked(markdown.content)),
  welink: ({ content }: Body): Drawn => bubble(linked(escaped(content.text))),
  telegram,
};

/** Clients make links of addresses. */
function linked(html: string): string {
  return html.replace(/https:\/\/[^\s<]+/g, "<a>$&</a>");
}
