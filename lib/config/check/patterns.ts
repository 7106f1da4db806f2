// Event patterns wherever the configuration holds one: each leaf is a list, numbers are exact, and the whole compiles.
import { keepsDigits } from "../../model/digits.ts";
import { formatPlace, type Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findIn, findingAt } from "../document/finding.ts";
import { placedProblem } from "../document/placed-error.ts";
import { isEmptyMap, isMap } from "../document/raw.ts";
import { shownWord } from "../document/shown.ts";

/** Findings of the pattern at `place`; none where it is no map, which the schema reports. */
export function checkPattern(
  pattern: unknown,
  document: Document,
  place: Place,
  compile: (pattern: unknown) => unknown,
): Finding[] {
  if (!isMap(pattern)) return [];
  const leaves = checkLeaves(pattern, document, place);
  if (leaves.length > 0) return leaves;
  try {
    compile(pattern);
    return [];
  } catch (error) {
    const { path, reason } = placedProblem(error);
    const at = [...place, ...path];
    const subject = path.length === 0 ? "the pattern" : `"${formatPlace(path)}"`;
    return [findingAt(document.locate(at), at, `${subject} ${reason}`)];
  }
}

/** The same of a pattern over alerts where an empty one takes them all: of a route, of a side of `inhibit`. */
export function checkMatch(...[pattern, ...where]: Parameters<typeof checkPattern>): Finding[] {
  return isEmptyMap(pattern) ? [] : checkPattern(pattern, ...where);
}

function checkLeaves(value: unknown, document: Document, place: Place): Finding[] {
  const name = place.at(-1);
  if (isMap(value)) {
    return findIn(Object.entries(value), ([key, child]) => checkLeaves(child, document, [...place, key]));
  }
  if (Array.isArray(value)) {
    if (name === "$or") return findIn(value, (item, index) => checkBranch(item, document, [...place, index]));
    return findIn(value, (item, index) => checkNumbers(item, document, [...place, index]));
  }
  const shown = shownWord(String(name));
  const bare = shown.replaceAll('"', "");
  if (value === null) {
    const message = `${shown} is empty: it must be a list of values`;
    return [findingAt(document.locate(place, "key"), place, message, `write ${bare}: […]`)];
  }
  const hint = `write ${bare}: [${document.written(place) ?? value}]`;
  return [findingAt(document.locate(place), place, `${shown} must be a list of values`, hint)];
}

function checkBranch(item: unknown, document: Document, place: Place): Finding[] {
  return isMap(item) ? checkLeaves(item, document, place) : [];
}

/** A number that is not kept as it is written would silently match another one, also inside an operator. */
function checkNumbers(value: unknown, document: Document, place: Place): Finding[] {
  if (typeof value === "object" && value !== null) {
    const step = (key: string): string | number => (Array.isArray(value) ? Number(key) : key);
    return findIn(Object.entries(value), ([key, item]) => checkNumbers(item, document, [...place, step(key)]));
  }
  const written = document.written(place);
  if (typeof value !== "number" || written === undefined || keepsDigits(written, value)) return [];
  const message = `${written} is too large or too precise to be compared as a number`;
  return [findingAt(document.locate(place), place, message, `quote it if the field holds text: "${written}"`)];
}
