// Walks event patterns as written, so that what is said of a value stands at its place in the file.
import type { Pattern } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { isMap, itemsOf } from "../document/raw.ts";

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

/** A test of a field that an alternative of the pattern tests before: of two, matchers know only the later. */
export interface LostTest {
  field: string;
  /** Of the test that counts, and of the one that does not. */
  place: Place;
  earlier: Place;
}

export function lostTests(pattern: Pattern, place: Place): LostTest[] {
  const lost: LostTest[] = [];
  /** Goes through the tests in the order in which they count; `seen` holds those of the alternatives so far. */
  function walk(part: Pattern, at: Place, prefix: string, seen: Map<string, Place>): void {
    for (const [key, value] of Object.entries(part)) {
      const here = [...at, key];
      const field = prefix + key;
      if (key === "$or") {
        const branches = itemsOf(value).map((item, index) => {
          const own = new Map(seen);
          if (isMap(item)) walk(item, [...here, index], prefix, own);
          return own;
        });
        for (const [name, last] of branches.flatMap((branch) => [...branch])) seen.set(name, last);
      } else if (isMap(value)) walk(value, here, `${field}.`, seen);
      else {
        const earlier = seen.get(field);
        if (earlier !== undefined) lost.push({ field, place: here, earlier });
        seen.set(field, here);
      }
    }
  }
  walk(pattern, place, "", new Map());
  return lost;
}

/** Matches nothing, and stands beside the one branch of an `$or`, which takes no fewer than two. */
const NEVER: Pattern = { source: [{ prefix: "\0" }] };

/**
 * Each branch of the `$or` at the root and of those within it, with the pattern as it is where only
 * this branch is there.
 */
export function branchesOf(pattern: Pattern, place: Place): { only: Pattern; place: Place }[] {
  return itemsOf(pattern["$or"]).flatMap((item, index) => {
    if (!isMap(item)) return [];
    const at = [...place, "$or", index];
    const alone = (branch: Pattern): Pattern => ({ ...pattern, $or: [branch, NEVER] });
    const inner = branchesOf(item, at).map((nested) => ({ only: alone(nested.only), place: nested.place }));
    return [{ only: alone(item), place: at }, ...inner];
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

/**
 * The same text for patterns that say the same: with dots or nested, and whatever the order and
 * number of fields and values.
 */
export function patternName(pattern: unknown): string {
  if (Array.isArray(pattern)) return `[${[...new Set(pattern.map(patternName))].sort().join()}]`;
  if (!isMap(pattern)) return JSON.stringify(pattern);
  const fields = flat(pattern).map(([field, value]) => `${JSON.stringify(field)}:${patternName(value)}`);
  return `{${fields.sort().join()}}`;
}

function flat(pattern: Pattern, prefix = ""): [field: string, value: unknown][] {
  return Object.entries(pattern).flatMap(([key, value]) =>
    isMap(value)
      ? flat(value, `${prefix}${key}.`)
      : // An operator takes one value as it takes a list of one.
        [[prefix + key, Array.isArray(value) ? value : [value]] as [string, unknown]],
  );
}
