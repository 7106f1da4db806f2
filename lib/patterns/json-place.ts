// Where in a JSON text a value begins, or the text stops being JSON; in one pass and without a
// stack, whatever the text.
import type { Place } from "../model/place.ts";

/** Blanks, then a mark, a string, a number or a word. */
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
const BLANKS = /[ \t\n\r]*/y;

/** A list or an object that is open: the step that leads to what stands in it now. */
interface Level {
  close: "]" | "}";
  step: string | number;
}
type Next = "value" | "value or close" | "key" | "key or close" | "colon" | "comma or close" | "end";

/** A text that is read token by token. */
interface Reader {
  place: Place;
  levels: Level[];
  /** What must come next. */
  next: Next;
  /** Where the value at the place begins, or so far the innermost around it, and how deep that lies. */
  found: number;
  depth: number;
}

/**
 * Line and column, from 1, of the value at `place`, of the nearest one around it, or of the first
 * thing that is no JSON.
 */
export function locateInJson(text: string, place: Place): { line: number; column: number } {
  const reader: Reader = { place, levels: [], next: "value", found: 0, depth: -1 };
  for (let begin = 0; ; begin = TOKEN.lastIndex) {
    BLANKS.lastIndex = begin;
    BLANKS.test(text);
    const at = BLANKS.lastIndex;
    TOKEN.lastIndex = begin;
    const token = TOKEN.exec(text);
    if (token === null) return position(text, reader.next === "end" && at === text.length ? reader.found : at);
    const [, mark, string] = token;
    if (!readToken(reader, mark, string, at)) return position(text, at);
  }
}

/** Whether the token may stand there; a token without a mark is a string, or else a number or a word. */
function readToken(reader: Reader, mark: string | undefined, string: string | undefined, at: number): boolean {
  if (mark === "]" || mark === "}") return readClose(reader, mark);
  if (mark === ",") return readComma(reader);
  if (mark === ":") return readColon(reader);
  if (reader.next === "key" || reader.next === "key or close") return readKey(reader, string);
  if (reader.next !== "value" && reader.next !== "value or close") return false;
  noteValue(reader, at);
  if (mark === "{") open(reader, { close: "}", step: "" }, "key or close");
  else if (mark === "[") open(reader, { close: "]", step: 0 }, "value or close");
  else endValue(reader);
  return true;
}

function readClose(reader: Reader, mark: "]" | "}"): boolean {
  const { levels, next } = reader;
  if (mark !== levels.at(-1)?.close || next === "value" || next === "key" || next === "colon") return false;
  levels.pop();
  endValue(reader);
  return true;
}

function readComma(reader: Reader): boolean {
  const top = reader.levels.at(-1);
  if (reader.next !== "comma or close" || top === undefined) return false;
  if (typeof top.step === "number") top.step++;
  reader.next = top.close === "}" ? "key" : "value";
  return true;
}

function readColon(reader: Reader): boolean {
  if (reader.next !== "colon") return false;
  reader.next = "value";
  return true;
}

function readKey(reader: Reader, string: string | undefined): boolean {
  const top = reader.levels.at(-1);
  if (string === undefined || top === undefined) return false;
  top.step = JSON.parse(string) as string;
  reader.next = "colon";
  return true;
}

/** Keeps where a value begins that is the one at the place, or is nearer to it than those before. */
function noteValue(reader: Reader, at: number): void {
  const { place, levels, depth } = reader;
  if (levels.length <= depth || levels.length > place.length) return;
  if (!levels.every(({ step }, index) => step === place[index])) return;
  reader.found = at;
  reader.depth = levels.length;
}

function open(reader: Reader, level: Level, next: Next): void {
  reader.levels.push(level);
  reader.next = next;
}

function endValue(reader: Reader): void {
  reader.next = reader.levels.length === 0 ? "end" : "comma or close";
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
