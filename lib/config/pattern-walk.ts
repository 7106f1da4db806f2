// Walks event patterns as written, so that what is said of a value stands at its place in the file.

import type { Pattern } from "../model/config.ts";
import type { Place } from "../model/place.ts";
import { isMap, itemsOf } from "./raw.ts";

/** One field's list of values in a pattern. */
export interface Test {
  /** Dotted path of the field. */
  field: string;
  values: readonly unknown[];
  place: Place;
}

export function testsOf(pattern: Pattern, place: Place, prefix = ""): Test[] {
  return Object.entries(pattern).flatMap(([key, value]): Test[] => {
    const at = [...place, key];
    if (key === "$or") {
      return itemsOf(value).flatMap((item, index) => (isMap(item) ? testsOf(item, [...at, index], prefix) : []));
    }
    const field = prefix + key;
    if (isMap(value)) return testsOf(value, at, `${field}.`);
    return [{ field, values: itemsOf(value), place: at }];
  });
}

/**
 * The pattern with only its tests of the given fields: it matches whatever the whole one matches, and more. Undefined
 * where no test is left, which is to say that everything matches.
 */
export function project(pattern: Pattern, fields: readonly string[], prefix = ""): Pattern | undefined {
  const kept: Pattern = {};
  for (const [key, value] of Object.entries(pattern)) {
    if (key === "$or") {
      const branches = itemsOf(value).map((item) => (isMap(item) ? project(item, fields, prefix) : undefined));
      if (branches.every((branch) => branch !== undefined)) kept[key] = branches;
    } else if (isMap(value)) {
      const below = project(value, fields, `${prefix}${key}.`);
      if (below !== undefined) kept[key] = below;
    } else if (fields.includes(prefix + key)) {
      kept[key] = value;
    }
  }
  return Object.keys(kept).length > 0 ? kept : undefined;
}
