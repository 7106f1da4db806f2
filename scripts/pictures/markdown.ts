// DingTalk and WeCom: a bubble of markdown.
import { type Body, type Drawn, escaped, SPEAKER, speaker, tag } from "./html.ts";

const STYLE = `${SPEAKER}
.bubble { background: #f5f6f7; border-radius: 8px; padding: 10px 12px; line-height: 1.5; overflow-wrap: anywhere }
a, .mention { color: #1677ff; text-decoration: none }`;

function bubble(text: string): Drawn {
  const html = escaped(text)
    .replace(/\*\*(.+?)\*\*/g, "<b>$1</b>")
    .replace(/\[([^\]]+)\]\([^)]+\)/g, "<a>$1</a>")
    .replace(/&#60;@(\w+)&#62;|@(\d+)/g, '<span class="mention">@$1$2</span>');
  return { html: speaker("Lookout") + tag("div", "bubble", html), style: STYLE };
}

export const chats = {
  dingtalk: ({ markdown }: Body): Drawn => bubble(markdown.text.replaceAll("  \n", "\n")),
  wecom: ({ markdown }: Body): Drawn => bubble(markdown.content),
};
