// Texts of the clouds as people read them: without parts that say nothing ("details: ."), doubled blanks and the full
// stop.

import { oneLine } from "../model/printable.ts";

/** Ends of parts, and what is left of a part that says nothing. */
const STOPS = " .,;:";

/** One line; a part that is a name and no value is left out, as long as anything else is said. */
export function tidy(text: string): string {
  const line = oneLine(text).replaceAll(" :", ":");
  const parts = line.split(/(?<=[.,;]) /);
  const telling = parts.filter((part) => !isEmpty(part));
  return withoutStops((telling.length > 0 ? telling : parts).join(" "));
}

/** Nothing stands behind the name's colon. */
function isEmpty(part: string): boolean {
  const colon = part.indexOf(":");
  if (colon < 0) return withoutStops(part) === "";
  return withoutStops(part.slice(colon)) === "";
}

function withoutStops(text: string): string {
  let end = text.length;
  while (end > 0 && STOPS.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
