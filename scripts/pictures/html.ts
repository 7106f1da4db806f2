// HTML made of parts in which every text is escaped.

/** A message as HTML, with the style sheet of its service. */
export interface Drawn {
  html: string;
  style: string;
}

// biome-ignore lint/suspicious/noExplicitAny: any service's body
export type Body = any;

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`).replaceAll("\n", "<br>");
}

export function tag(name: string, className: string, ...inner: string[]): string {
  return `<${name} class="${className}">${inner.join("")}</${name}>`;
}

/** Who speaks, as clients show it. */
export function speaker(name: string): string {
  return tag("div", "speaker", tag("span", "face", "L"), tag("b", "", name), tag("span", "badge", "APP"), " 03:14");
}

export const SPEAKER = `
.speaker { font-size: 13px; color: #616061; margin-bottom: 4px } .speaker b { color: #1d1c1d; margin: 0 5px }
.face { background: #1f6feb; color: #fff; border-radius: 5px; padding: 3px 8px; font-weight: bold }
.badge { background: #e8e8e8; border-radius: 3px; font-size: 9px; padding: 1px 3px; margin-right: 5px }`;
