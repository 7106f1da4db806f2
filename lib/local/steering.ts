// What steers the terminal on purpose: colours, and the cursor of a view. Until it is written, a mark that no foreign
// text can know stands for each escape character: whatever else looks like one is foreign, and is written out.
import { randomInt } from "node:crypto";
import { printable } from "../model/printable.ts";

/** Characters for private use: no text has these, in this order. Drawn when something steers: few commands do. */
let drawn: string | undefined;

function mark(): string {
  drawn ??= String.fromCodePoint(...Array.from({ length: 4 }, () => randomInt(0xf0000, 0xffffe)));
  return drawn;
}

/** Control sequences of our own, marked as such. */
export function steering(sequences: string): string {
  return sequences.replaceAll("\u001b", mark());
}

/** The text as a terminal reads it, colours included: to measure. */
export function unmarked(text: string): string {
  return drawn === undefined ? text : text.replaceAll(drawn, "\u001b");
}

/** The text as it is written: our own control sequences take effect, and no others. */
export function written(text: string): string {
  return unmarked(printable(text));
}
