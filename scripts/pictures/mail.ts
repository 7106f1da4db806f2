// Mail as a phone shows its HTML, with its plain text beside; and what topics send: a plain mail, an SMS.
import { readMail } from "../../test/support/mime.ts";
import { type Body, type Drawn, escaped, tag } from "./html.ts";

const STYLE = `
.columns { display: flex; gap: 12px; align-items: flex-start } .columns > div { box-sizing: border-box; width: 50%; max-height: 215px; overflow: hidden }
.message:first-child .columns > div { max-height: 410px }
.screen { zoom: 0.75 } .kind { color: #6b6b6b; font-size: 12px; margin-bottom: 5px } .phone { border: 1px solid #c9ccd1; border-radius: 18px; padding: 4px 0 }
.subject { font-weight: bold; padding: 6px 16px; font-size: 12px; border-bottom: 1px solid #e4e6ea; overflow-wrap: anywhere }
.plain { font: 11px/1.45 monospace; white-space: pre-wrap; overflow-wrap: anywhere; background: #f7f7f7; border-radius: 6px; padding: 8px 10px }
.sms { background: #e9e9eb; border-radius: 16px; padding: 9px 13px; font-size: 13px; line-height: 1.4; overflow-wrap: anywhere }`;

function mail(raw: string): Drawn {
  const { headers, html, text } = readMail(raw);
  const [, style = "", inner = ""] = /<body style="([^"]*)">([\s\S]*)<\/body>/.exec(html) ?? [];
  const subject = tag("div", "subject", escaped(headers["subject"] ?? ""));
  const shown = `<div class="screen" style="${style};">${inner}</div>`;
  return beside(tag("div", "phone", subject, shown), tag("div", "plain", escaped(text)), ["HTML", "Plain text"]);
}

/** A topic's message with a form for each kind of subscriber. */
function topic(subject: string, { default: text, sms }: { default: string; sms: string }): Drawn {
  const letter = tag("div", "phone", tag("div", "subject", escaped(subject)), tag("div", "plain", escaped(text)));
  return beside(letter, tag("div", "sms", escaped(sms)), ["Mail", "SMS"]);
}

function beside(left: string, right: string, kinds: [string, string]): Drawn {
  const columns = [left, right].map((html, at) => tag("div", "", tag("div", "kind", kinds[at]!), html));
  return { html: tag("div", "columns", ...columns), style: STYLE };
}

export const mails = {
  smtp: mail,
  ses: ({ Content }: Body): Drawn => mail(Buffer.from(Content.Raw.Data, "base64").toString("latin1")),
  sns(body: string): Drawn {
    const fields = new URLSearchParams(body);
    return topic(fields.get("Subject") ?? "", JSON.parse(fields.get("Message")!));
  },
  smn: ({ subject, message_structure }: Body): Drawn => topic(subject, JSON.parse(message_structure)),
};
