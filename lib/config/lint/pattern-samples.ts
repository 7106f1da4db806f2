// Values with which to try one entry of a pattern: if none of them meets it, no value of such a field does.
import { isMap } from "../document/raw.ts";
import type { Shape } from "./vocabulary.ts";

/**
 * Values that show every way in which a field can meet or fail the entry; undefined stands for a field that is not
 * there. `known` are all the values it can have. A field without shape, as a label, may also be missing.
 */
export function samplesOf(shape: Shape | undefined, value: unknown, known: readonly string[] | undefined): unknown[] {
  switch (shape?.is) {
    case "object":
      return [undefined];
    case "flag":
      return [undefined, true];
    case "count":
      return [shape.least, ...numbersIn(value).flatMap((bound) => around(bound))].filter(
        (count) => count >= shape.least,
      );
    case "text":
      return [...(known ?? textsMeeting(value))];
    case "nullable":
      return [null, ...(known ?? textsMeeting(value))];
    default:
      return [undefined, ...(known ?? textsMeeting(value))];
  }
}

/** Whole numbers on and beside a bound. */
function around(bound: number): number[] {
  return [Math.floor(bound) - 1, Math.floor(bound), Math.floor(bound) + 1];
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

/** Texts of which one meets the entry, if any text does. */
function textsMeeting(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (!isMap(value)) return [""];
  if (typeof value["cidr"] === "string") return [value["cidr"].split("/")[0]!];
  const texts = textsIn(value);
  // What an exclusion names meets nothing of it; what a wildcard stands for may be nothing.
  return [unlike(texts), ...texts.flatMap((text) => [text, text.replaceAll(/\\(.)|\*/g, "$1")])];
}

/** A character that none of the texts holds. */
function unlike(texts: readonly string[]): string {
  let code = 0x1f50e;
  while (texts.some((text) => text.includes(String.fromCodePoint(code)))) code++;
  return String.fromCodePoint(code);
}

/** All texts within a value. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
