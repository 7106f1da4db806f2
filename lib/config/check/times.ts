// Time zones and time intervals: that they are some.
import type { Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findIn, findingAt } from "../document/finding.ts";
import { placedProblem } from "../document/placed-error.ts";
import { field, fieldsOf, partAt } from "../document/raw.ts";
import { shownWord } from "../document/shown.ts";
import { didYouMean, nearest } from "../document/words.ts";

/** A finding where the text at `place` is no time zone's name; an offset is none, for it knows no summer. */
export function timezoneProblem(document: Document, place: Place): Finding[] {
  const name = partAt(document.root, place);
  if (typeof name !== "string" || isTimezone(name)) return [];
  const near = nearest(name, Intl.supportedValuesOf("timeZone"));
  const hint = near === undefined ? "write a name such as Europe/Berlin" : didYouMean(near);
  return [
    findingAt(
      document.locate(place),
      place,
      `${near === undefined ? shownWord(name) : `"${name}"`} is no known time zone`,
      hint,
    ),
  ];
}

function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

export function checkTimeIntervals(
  document: Document,
  compile: (spec: unknown, options: { timezone: string }) => unknown,
): Finding[] {
  return findIn(fieldsOf(field(document.root, "timeIntervals")), ([name, spec]) => {
    try {
      compile(spec, { timezone: "UTC" });
      return [];
    } catch (error) {
      const { path, reason } = placedProblem(error);
      const place = ["timeIntervals", name, ...path];
      const subject = path.findLast((step) => typeof step === "string") ?? name;
      return [findingAt(document.locate(place), place, `"${subject}" ${reason}`)];
    }
  });
}
