// Dotted paths into an event or an alert (`resource.id`, `labels.team`), as rules, routes and keys use them.
import { hashOf } from "./hash.ts";

/**
 * The value at a dotted path; undefined where any step is missing. A key that itself holds dots is
 * found too, longest first.
 */
export function valueAt(object: unknown, path: string): unknown {
  if (object === null || typeof object !== "object") return undefined;
  const record = object as Record<string, unknown>;
  if (Object.hasOwn(record, path)) return record[path];
  for (let dot = path.lastIndexOf("."); dot > 0; dot = path.lastIndexOf(".", dot - 1)) {
    const head = path.slice(0, dot);
    if (Object.hasOwn(record, head)) {
      const found = valueAt(record[head], path.slice(dot + 1));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The values of several paths by their names; a missing one is null. */
export function valuesAt(object: unknown, paths: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(paths.map((path) => [path, valueAt(object, path) ?? null]));
}

const MAX_TEXT = 64;

/**
 * The value at a dotted path as a short text that stands for it; undefined where it is missing,
 * null, a list or an object.
 */
export function valueText(object: unknown, path: string): string | undefined {
  const value = valueAt(object, path);
  if (value === undefined || value === null || typeof value === "object") return undefined;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_TEXT ? `#${hashOf([text])}` : text;
}
