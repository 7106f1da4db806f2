// The line, which every chat message is made of, and the medium, which says how a channel counts what it holds.

import type { Tone } from "./news.ts";

/** One line: raw text without markup, which the channel escapes as it writes. */
export interface Line {
  text: string;
  strong?: boolean;
  /** Of the alert that the line names. */
  tone?: Tone;
  /** The same as `text` for cards that show a name beside its value; the name is ours. */
  fact?: Fact;
  /** What few readers look for: shown smaller where a card can. */
  aside?: true;
  /** An http(s) address with no character that any markup needs; `text` is then its name. */
  link?: string;
}

export interface Fact {
  name: string;
  value: string;
}

/** How a channel counts. What it counts adds up: a block costs its frame and its lines, a text its code points. */
export interface Medium {
  /** What the title and all blocks may cost together. */
  limit: number;
  /** How many blocks there may be, the title's included. Absent: any number. */
  blocks?: number;
  /** What a block costs beside its lines, at most. */
  frame: number;
  /** A line as it will be written, its end included, at most. */
  line(line: Line): number;
  /** Raw text as it will be written. */
  text(text: string): number;
}

/** What a block costs, at most. */
export function blockCost(lines: readonly Line[], medium: Medium): number {
  return lines.reduce((sum, line) => sum + medium.line(line), medium.frame);
}
