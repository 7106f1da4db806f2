// How a benchmark finds out that what it measured was done right.
import type { ExpectedAlert } from "./incidents.ts";

/** The first line in which what was found differs; empty where nothing does. */
export function differences(what: string, expected: string | number, found: string | number): string[] {
  if (expected === found) return [];
  const lines = String(expected).split("\n");
  const other = String(found).split("\n");
  const at = [...lines, undefined].findIndex((line, index) => line !== other[index]);
  return [`${what}: expected ${lines[at] ?? "no more"}, found ${other[at] ?? "no more"}`];
}

/** A line an alert, in an order of their own. */
export function sorted(alerts: readonly ExpectedAlert[]): string {
  return alerts
    .map(({ rule, status, startsAt, count }) => `${rule} ${status} ${startsAt} ×${count}`)
    .sort()
    .join("\n");
}
