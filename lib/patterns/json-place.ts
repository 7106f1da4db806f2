// Where in a JSON text a value begins, or the text stops being JSON; in one pass and without a stack, whatever the text.
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

/** Line and column, from 1, of the value at `place`, of the nearest one around it, or of the first thing that is no JSON. */
export function locateInJson(text: string, place: Place): { line: number; column: number } {
  const levels: Level[] = [];
  let next: Next = "value";
  let found = 0;
  let depth = -1;
  TOKEN.lastIndex = 0;

  for (let begin = 0; ; begin = TOKEN.lastIndex) {
    BLANKS.lastIndex = begin;
    BLANKS.test(text);
    const at = BLANKS.lastIndex;
    TOKEN.lastIndex = begin;
    const token = TOKEN.exec(text);
    if (token === null) return position(text, next === "end" && at === text.length ? found : at);
    const [, mark, string] = token;
    const top = levels.at(-1);
    if (mark === "]" || mark === "}") {
      if (mark !== top?.close || next === "value" || next === "key" || next === "colon") return position(text, at);
      levels.pop();
      next = levels.length === 0 ? "end" : "comma or close";
    } else if (mark === ",") {
      if (next !== "comma or close" || top === undefined) return position(text, at);
      if (typeof top.step === "number") top.step++;
      next = top.close === "}" ? "key" : "value";
    } else if (mark === ":") {
      if (next !== "colon") return position(text, at);
      next = "value";
    } else if (next === "key" || next === "key or close") {
      if (string === undefined || top === undefined) return position(text, at);
      top.step = JSON.parse(string) as string;
      next = "colon";
    } else {
      if (next !== "value" && next !== "value or close") return position(text, at);
      // The value at the place, or so far the innermost around it.
      if (
        levels.length > depth &&
        levels.length <= place.length &&
        levels.every(({ step }, index) => step === place[index])
      ) {
        found = at;
        depth = levels.length;
      }
      if (mark === "{") levels.push({ close: "}", step: "" });
      if (mark === "[") levels.push({ close: "]", step: 0 });
      if (mark === undefined) next = levels.length === 0 ? "end" : "comma or close";
      else next = mark === "{" ? "key or close" : "value or close";
    }
  }
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
