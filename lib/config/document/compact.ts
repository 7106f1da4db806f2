// A document without its comments, on one line: each value as it was written, so that it is read to the same ones.
import type { Place } from "../../model/place.ts";
import type { Document } from "./document.ts";
import { isMap } from "./raw.ts";

export function compact(document: Pick<Document, "root" | "written">): string {
  return textOf(document.root, [], document);
}

/** Numbers are not written anew: the digits of an id would be rounded. */
function textOf(value: unknown, place: Place, document: Pick<Document, "written">): string {
  if (Array.isArray(value)) {
    return `[${value.map((part, index) => textOf(part, [...place, index], document)).join(",")}]`;
  }
  if (!isMap(value)) return document.written(place) ?? JSON.stringify(value);
  const parts = Object.entries(value).map(([key, part]) => {
    return `${JSON.stringify(key)}:${textOf(part, [...place, key], document)}`;
  });
  return `{${parts.join(",")}}`;
}
