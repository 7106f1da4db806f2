// The line, which every chat message is made of, and the medium, which says how a channel counts what it holds.

/** One line: raw text without markup, which the channel escapes as it writes. */
export interface Line {
  text: string;
  strong?: boolean;
  /** An http(s) address with no character that any markup needs; `text` is then its name. */
  link?: string;
}

/** How a channel counts. Both add up: over the blocks of a message, over the code points of a text. */
export interface Medium {
  /** What the title and all blocks may cost together. */
  limit: number;
  /** A block as it will be written, separators included. */
  block(lines: readonly Line[]): number;
  /** Raw text as it will be written. */
  text(text: string): number;
}
