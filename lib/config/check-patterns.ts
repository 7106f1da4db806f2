// Event patterns wherever the configuration holds one: each leaf is a list, numbers are exact, and the whole compiles.
import { formatPlace, type Place } from "../model/place.ts";
import type { Document } from "./document.ts";
import { type Finding, findingAt } from "./finding.ts";
import { placedProblem } from "./placed-error.ts";
import { isMap } from "./raw.ts";

const MAX_DIGITS = 15;

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

function checkLeaves(value: unknown, document: Document, place: Place): Finding[] {
  const name = place.at(-1);
  if (isMap(value)) {
    return Object.entries(value).flatMap(([key, child]) => checkLeaves(child, document, [...place, key]));
  }
  if (Array.isArray(value)) {
    if (name === "$or") return value.flatMap((item, index) => checkBranch(item, document, [...place, index]));
    return value.flatMap((item, index) => checkNumber(item, document, [...place, index]));
  }
  if (value === null) {
    const message = `"${name}" is empty: it must be a list of values`;
    return [findingAt(document.locate(place, "key"), place, message, `write ${name}: […]`)];
  }
  const hint = `write ${name}: [${document.written(place) ?? value}]`;
  return [findingAt(document.locate(place), place, `"${name}" must be a list of values`, hint)];
}

function checkBranch(item: unknown, document: Document, place: Place): Finding[] {
  return isMap(item) ? checkLeaves(item, document, place) : [];
}

/** A number with more digits than a number holds would silently match another one. */
function checkNumber(value: unknown, document: Document, place: Place): Finding[] {
  const written = document.written(place);
  if (typeof value !== "number" || written === undefined) return [];
  if (written.replace(/[eE].*$|\D/g, "").replace(/^0+/, "").length <= MAX_DIGITS) return [];
  const message = `${written} has more digits than can be compared as a number`;
  return [findingAt(document.locate(place), place, message, `quote it if the field holds text: "${written}"`)];
}
