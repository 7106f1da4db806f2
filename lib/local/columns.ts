// Text measured by the columns it takes on a terminal: CJK and emoji take two each, combining marks none.
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { printable } from "../model/printable.ts";
import { steering, unmarked } from "./steering.ts";

let graphemes: Intl.Segmenter | undefined;

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
  graphemes ??= new Intl.Segmenter();
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

/** The text on lines of at most that many columns, parted between words where it can be; its colours go on. */
export function wrapTo(text: string, columns: number): string[] {
  // What looks like a control sequence by now is foreign: it is written out before our own can take effect.
  const lines = wrapAnsi(unmarked(printable(text)), Math.max(1, columns), { hard: true });
  return steering(lines).split("\n");
}
