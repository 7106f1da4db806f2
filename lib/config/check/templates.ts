// Whether a text that is to be a template is one, wherever a file holds some.
import type { Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findingAt } from "../document/finding.ts";

/** `parse` throws an Error whose message is for people. */
export function checkTemplate(
  text: string,
  document: Document,
  place: Place,
  parse: (text: string) => unknown,
): Finding[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [problem] = error.message.split("\n");
    return [findingAt(document.locate(place), place, `"${place.at(-1)}" is no template: ${problem}`)];
  }
}
