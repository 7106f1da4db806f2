// Where commands write and how they fail: results to stdout, logs to stderr, and the exit codes.
import { styleText } from "node:util";
import { createRedactor } from "../config/secrets/redactor.ts";
import { columnsOf, cutTo, padTo } from "../local/columns.ts";
import { steering, written } from "../local/steering.ts";
import type { Log } from "../model/log.ts";
import { oneLine as lineOf, printable, redactedJson } from "../model/printable.ts";
import type { Redactor } from "../model/redactor.ts";

/** Where the process writes. */
export interface Screen {
  /** Results. */
  out(text: string): void;
  /** Logs and errors: dropped where nobody reads them. */
  err(text: string): void;
  /**
   * What a channel that is this process's own output sends: resolves once it is taken, rejects where nobody takes it.
   */
  send(text: string): Promise<void>;
  /** What is only worth something now, on stdout: dropped where its reader is behind. */
  live(text: string): void;
  /** Aborted once nobody can read stdout any more. */
  gone: AbortSignal;
  /** True where stdout is a terminal that a view can be drawn on. */
  tty: boolean;
  /** Whether results are written in colour. */
  color: boolean;
  /** Size of that terminal. */
  columns(): number;
  rows(): number;
}

/** Where commands write: what is written is redacted and steers no terminal, but for our own colours. */
export interface Io extends Screen {
  /** JSON, in which every text is redacted already. */
  json(text: string): void;
  /** Learns the secrets of every configuration that the command reads. */
  redactor: Redactor;
}

/** The one way from a command to the screen. */
export function createIo(screen: Screen): Io {
  const redactor = createRedactor();
  return {
    ...screen,
    redactor,
    out: (text) => screen.out(written(redactor.redact(text))),
    err: (text) => screen.err(written(redactor.redact(text))),
    send: (text) => screen.send(written(redactor.redact(text))),
    live: (text) => screen.live(written(redactor.redact(text))),
    json: (text) => screen.out(printable(text)),
  };
}

/** Bad usage: what is wrong and what to do. Exit 2, nothing was done. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Characters that are written at once. */
const PIECE = 65_536;

export const DONE = 0;
export const WRONG = 1;
export const REFUSED = 2;

export type Style = Parameters<typeof styleText>[0];

/** The text in a style where colours are wanted, else as it is. */
export function styled(io: Io, style: Style, text: string): string {
  if (!io.color) return text;
  const [before = "", after = ""] = styleText(style, "\0", { validateStream: false }).split("\0");
  return steering(before) + text + steering(after);
}

/** Log lines for people: time, level, message, fields. One entry is one line. */
export function createLog(io: Pick<Io, "err">): Log {
  const write =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      const pairs = Object.entries(fields).map(
        ([key, value]) => `${key}=${typeof value === "string" ? JSON.stringify(value) : value}`,
      );
      const entry = [message, ...pairs].join(" ").replace(/[\n\t]/g, (char) => (char === "\n" ? "\\n" : "\\t"));
      io.err(`${new Date().toISOString()} ${level} ${entry}\n`);
    };
  return { debug() {}, info: write("info "), warn: write("warn "), error: write("error") };
}

/** Lists for scripts: one JSON document per line. */
export function jsonLines(io: Io, values: Iterable<unknown>): void {
  for (const value of values) io.json(`${redactedJson(value, io.redactor.redact)}\n`);
}

/** One JSON document, indented by two, written in pieces: a long one is never held as a whole. */
export function jsonDocument(io: Io, value: unknown): void {
  let text = "";
  for (const part of partsOf(value, "\n", io.redactor.redact)) {
    text += part;
    if (text.length < PIECE) continue;
    io.json(text);
    text = "";
  }
  io.json(`${text}\n`);
}

function* partsOf(value: unknown, newline: string, redact: Redactor["redact"]): Generator<string> {
  if (typeof value !== "object" || value === null) return yield redactedJson(value, redact);
  const list = Array.isArray(value);
  const entries = list ? value.entries() : Object.entries(value).filter(([, one]) => one !== undefined);
  const inner = `${newline}  `;
  let empty = true;
  for (const [key, one] of entries) {
    yield `${empty ? (list ? "[" : "{") : ","}${inner}${list ? "" : `${JSON.stringify(key)}: `}`;
    if (list) yield redactedJson(one, redact, 2).replaceAll("\n", inner);
    else yield* partsOf(one, inner, redact);
    empty = false;
  }
  if (empty) yield list ? "[]" : "{}";
  else yield `${newline}${list ? "]" : "}"}`;
}

/**
 * Columns padded to their widest cell, two spaces apart; the last one is left as long as it is. A secret is
 * redacted before it is measured.
 */
export function table({ redactor }: Pick<Io, "redactor">, cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map((cell) => redactor.redact(cell)));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, columnsOf(cell));
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : padTo(cell, widths[at]!)))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** One line of text for a cell, at most so many columns wide. */
export function oneLine(text: string, width = 100): string {
  return cutTo(lineOf(text), width);
}
