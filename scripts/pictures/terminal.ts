// This process's own output, in a terminal.
import { type Drawn, escaped, tag } from "./html.ts";

const STYLE = `
.terminal { background: #16181d; color: #e6e6e6; font: 12px/1.5 monospace; padding: 10px 12px; border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere }`;

export function terminal(body: unknown): Drawn {
  return { html: tag("div", "terminal", escaped(String(body))), style: STYLE };
}
