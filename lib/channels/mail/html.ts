// A message as HTML that reads on a phone: one column, styles inline, no image, in the reader's own light or dark.
import type { Line, Medium } from "../message/medium.ts";
import type { Message } from "../message/message.ts";
import type { Tone } from "../message/news.ts";
import { bytes } from "../message/plain.ts";
import { unlinked } from "../message/plain-text.ts";

/** Gmail cuts what is longer than 102 KB; the rest is for the frame. Bytes of HTML. */
const LIMIT = 95_000;
/** Readable on white and on black. */
const COLOURS: Readonly<Record<Tone, string>> = {
  critical: "#d93025",
  error: "#e8710a",
  warning: "#c99700",
  info: "#1a73e8",
  resolved: "#188038",
};
const FONT = "font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const BLOCK = '<p style="margin:0 0 16px;overflow-wrap:anywhere">';
const LINE_END = "<br>\n";
/** Between links, which share a line. */
const BESIDE = " · ";
/** `<strong></strong>` or `<a href=""></a>`, and the end or what stands beside. */
const LINE_FRAME = 24;

export const MAIL: Medium = {
  limit: LIMIT,
  frame: bytes(`${BLOCK}</p>\n`),
  line: ({ text, link }) => MAIL.text(text) + bytes(link ? entities(link) : "") + LINE_FRAME,
  // Each code point by itself: an invisible character may follow, wherever it stands.
  text: (text) => bytes(entities(text.replace(/[.:@/]/g, "$&\u2060"))),
};

export function htmlOf({ title, tone, blocks }: Message): string {
  const shown = blocks.map((lines) => `${BLOCK}${htmlLines(lines)}</p>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escaped(title)}</title>
</head>
<body style="margin:0;padding:16px;${FONT}">
<div style="max-width:600px;margin:0 auto">
<h1 style="margin:0 0 16px;padding-left:12px;border-left:5px solid ${COLOURS[tone]};font-size:20px;overflow-wrap:anywhere">${escaped(title)}</h1>
${shown.join("\n")}
</div>
</body>
</html>
`;
}

function htmlLines(lines: readonly Line[]): string {
  const written = lines.map((line, at) => {
    const before = line.link && lines[at - 1]?.link ? BESIDE : LINE_END;
    return (at === 0 ? "" : before) + htmlLine(line);
  });
  return written.join("");
}

function htmlLine({ text, strong, link, fact }: Line): string {
  if (fact) return `<strong>${escaped(fact.name)}</strong> ${escaped(fact.value)}`;
  const shown = escaped(text);
  if (link) return `<a href="${entities(link)}">${shown}</a>`;
  return strong ? `<strong>${shown}</strong>` : shown;
}

function escaped(text: string): string {
  return entities(unlinked(text));
}

function entities(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
