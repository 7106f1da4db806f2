// Lists for people: a header, columns in line, and a last column that goes on below itself on a narrow terminal.
import { columnsOf, padTo, wrapTo } from "../../local/columns.ts";
import { type Io, styled } from "../io.ts";

/** With less room than this beside the others, the last column stands below them. */
const BESIDE = 24;
const INDENT = 2;

export interface List {
  head: readonly string[];
  rows: readonly (readonly string[])[];
}

/**
 * The list as lines. On a terminal none is wider than it; elsewhere each row is one line, for `grep` and the like. A
 * secret is redacted before it is measured.
 */
export function listText(io: Io, { head, rows }: List): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => io.redactor.redact(cell)));
  const widths = head.map((_, at) => Math.max(...cells.map((row) => columnsOf(row[at]!))));
  const lines = cells.flatMap((row, at) => {
    const written = rowLines(row, widths, io.tty ? io.columns() : Number.POSITIVE_INFINITY);
    return at === 0 ? written.map((line) => styled(io, "dim", line)) : written;
  });
  return `${lines.join("\n")}\n`;
}

function rowLines(row: readonly string[], widths: readonly number[], columns: number): string[] {
  const others = row.slice(0, -1);
  const last = row.at(-1)!;
  const line = others.map((cell, at) => padTo(cell, widths[at]!)).join("  ");
  const offset = columnsOf(line) + (others.length > 0 ? 2 : 0);
  if (offset + widths.at(-1)! <= columns) return [others.length > 0 ? `${line}  ${last}`.trimEnd() : last];
  if (columns - offset >= BESIDE) {
    const [first = "", ...more] = wrapTo(last, columns - offset);
    return [`${line}  ${first}`.trimEnd(), ...more.map((text) => " ".repeat(offset) + text)];
  }
  // The others may be wider than the terminal as well: there is nothing to keep in line then.
  const above = columnsOf(line.trimEnd()) <= columns ? [line.trimEnd()] : wrapTo(others.join("  "), columns);
  const below = last === "" ? [] : indented(wrapTo(last, columns - INDENT));
  return [...above, ...below];
}

/** One thought: on a terminal parted between words, and what goes on stands further in. */
export function thought(io: Io, text: string): string[] {
  const known = io.redactor.redact(text);
  if (!io.tty) return [known];
  if (columnsOf(known) <= io.columns()) return [known];
  const [first = "", ...more] = wrapTo(known, io.columns() - INDENT);
  return [first, ...indented(more)];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((text) => " ".repeat(INDENT) + text);
}
