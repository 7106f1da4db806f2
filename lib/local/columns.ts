// Text measured by the columns it takes on a terminal: CJK and emoji take two each, combining marks none.
import stringWidth from "string-width";
import { unmarked } from "./steering.ts";

const graphemes = new Intl.Segmenter();

/** Columns that the text takes; colours take none. */
export function columnsOf(text: string): number {
  return stringWidth(unmarked(text));
}

/** The text if it fits, else as much of its beginning as fits with "…" after it. No character is cut in two. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let room = columns - 1;
  for (const { segment } of graphemes.segment(text)) {
    room -= columnsOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text with spaces after it up to that many columns. */
export function padTo(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}
