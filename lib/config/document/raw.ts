// Looking into values of which nothing is known yet, so that checks go on where other parts of the file are wrong.
import type { Place } from "../../model/place.ts";

/** The entries of a map; none where it is no map. */
export function fieldsOf(value: unknown): [name: string, value: unknown][] {
  return isMap(value) ? Object.entries(value) : [];
}

export function field(value: unknown, name: string): unknown {
  return isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** What stands at a place; undefined where nothing does. */
export function partAt(root: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (value, step) => (Array.isArray(value) ? value[Number(step)] : field(value, String(step))),
    root,
  );
}

/** The items of a list; none where it is no list. */
export function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isEmptyMap(value: unknown): boolean {
  return isMap(value) && Object.keys(value).length === 0;
}

/** Every text in lists and maps of any depth, with its place; `place` is that of the value. */
export function textsIn(value: unknown, place: Place): [text: string, place: Place][] {
  if (typeof value === "string") return [[value, place]];
  if (Array.isArray(value)) return value.flatMap((part, index) => textsIn(part, [...place, index]));
  return fieldsOf(value).flatMap(([key, part]) => textsIn(part, [...place, key]));
}
