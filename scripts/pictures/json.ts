// What programs receive: JSON, indented.
import { type Body, type Drawn, escaped, tag } from "./html.ts";

const STYLE = `
.kind { color: #6b6b6b; font-size: 12px; margin-bottom: 5px }
.json { background: #f7f7f7; border: 1px solid #e1e4e8; border-radius: 6px; font: 12px/1.45 monospace; padding: 10px 12px; white-space: pre-wrap;
  overflow-wrap: anywhere }
b { color: #0a3069; font-weight: normal }`;

function json(kind: string, body: unknown): Drawn {
  const text = escaped(JSON.stringify(body, null, 2)).replace(/&#34;[\w.-]+&#34;(?=: )/g, "<b>$&</b>");
  return { html: tag("div", "kind", escaped(kind)) + tag("div", "json", text), style: STYLE };
}

export const programs = {
  webhook: (body: Body): Drawn => json("The body", body),
  sqs: ({ MessageBody, MessageAttributes }: Body): Drawn =>
    json(`A message, status ${MessageAttributes.status.StringValue}`, JSON.parse(MessageBody)),
  eventbridge: ({ Entries: [entry] }: Body): Drawn =>
    json("An event", { source: entry.Source, "detail-type": entry.DetailType, detail: JSON.parse(entry.Detail) }),
};
