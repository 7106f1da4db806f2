// Notifications on phones: ntfy and Gotify.
import { type Body, type Drawn, escaped, tag } from "./html.ts";

const STYLE = `
.phone { width: 400px; margin: 0 auto; background: #f7f7f7; border-radius: 16px; padding: 12px 14px; font-size: 13px; line-height: 1.45;
  overflow-wrap: anywhere }
.app { color: #5f6368; font-size: 12px } .urgent { color: #c62828; font-weight: bold } .title { font-weight: bold; font-size: 14px; margin: 4px 0 }
.more { color: #5f6368; font-size: 12px; margin-top: 6px } .button { color: #1a6b5a; font-weight: bold; margin: 8px 18px 0 0; display: inline-block }`;

function ntfy({ topic, title, message, priority, tags, actions = [] }: Body): Drawn {
  return phone(`ntfy · ${topic} · now`, title, message, priority, [
    tag("div", "more", escaped(`Tags: ${tags.join(", ")}`)),
    ...actions.map(({ label }: Body) => tag("span", "button", escaped(label))),
  ]);
}

function gotify({ title, message, priority }: Body): Drawn {
  return phone("Gotify · Lookout · now", title, message, priority, []);
}

function phone(app: string, title: string, message: string, priority: number, below: string[]): Drawn {
  const head = tag("div", "app", escaped(app), tag("span", priority > 3 ? "urgent" : "", ` · priority ${priority}`));
  const html = tag("div", "phone", head, tag("div", "title", escaped(title)), escaped(message), ...below);
  return { html, style: STYLE };
}

export const phones = { ntfy, gotify };
