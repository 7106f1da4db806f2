// What a test expects beside what came: only the keys that it gives are compared, and the
// difference is as small as it can be.
import { isDeepStrictEqual } from "node:util";
import { isInstant, momentOf, startOf } from "../../../config/check/test-times.ts";
import { durationText } from "../../../model/duration.ts";
import type { RuleTest } from "../../../model/files/test-file.ts";
import { iso } from "../../../model/iso.ts";
import { inExpectedOrder, pairsOf } from "./align.ts";
import type { Seen } from "./run.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One line of a difference: what is there as expected, what is missing, what is too much. */
export interface DiffLine {
  sign: " " | "-" | "+";
  fields: Fields;
}

export interface Comparison {
  passed: boolean;
  transitions: DiffLine[];
  /** Empty where the test says nothing about notifications. */
  notifications: DiffLine[];
}

export function compareOutcome(test: RuleTest, seen: Seen): Comparison {
  const show = shownTimes(test);
  const transitions = seen.transitions.map(({ at, alert, channels, suppressedBy }): Item => {
    return { at, fields: { ...alert, at: show(at), channels, suppressedBy } };
  });
  const notifications = seen.notifications.map(({ at, notification }): Item => {
    const { channel, reason, status, alerts } = notification;
    return { at, fields: { at: show(at), channel, reason, status, alerts: alerts.map(({ rule }) => rule) } };
  });
  const start = startOf(test);
  const alerts = diff(test.expect, transitions, start, ["at", "rule", "status"], ["key", "count"]);
  const sent = test.notifications
    ? diff(test.notifications, notifications, start, ["at", "channel", "reason"], ["status", "alerts"])
    : [];
  return { passed: [...alerts, ...sent].every(({ sign }) => sign === " "), transitions: alerts, notifications: sent };
}

/** Something that came. Its `fields` are as a test would say it. */
interface Item {
  /** ms */
  at: number;
  fields: Fields;
}

/**
 * What came is shown with the keys of what was expected in its place and the `main` ones; with
 * `more` where nothing was.
 */
function diff(
  expected: readonly Fields[],
  found: readonly Item[],
  start: number,
  main: readonly string[],
  more: readonly string[],
): DiffLine[] {
  const match = (fields: Fields, item: Item) => matches(fields, item, start);
  const came = inExpectedOrder(expected, found, match);
  const lines: DiffLine[] = [];
  let [from, next] = [0, 0];
  function upTo(end: number, last: number): void {
    for (let at = 0; from + at < end || next + at < last; at++) {
      const missing = from + at < end ? expected[from + at] : undefined;
      const extra = next + at < last ? came[next + at] : undefined;
      if (missing) lines.push({ sign: "-", fields: missing });
      const keys = [...main, ...(missing ? Object.keys(missing) : more)];
      if (extra) lines.push({ sign: "+", fields: pick(extra.fields, keys) });
    }
  }
  for (const [wanted, found] of pairsOf(expected, came, match)) {
    upTo(wanted, found);
    lines.push({ sign: " ", fields: expected[wanted]! });
    [from, next] = [wanted + 1, found + 1];
  }
  upTo(expected.length, came.length);
  return lines;
}

/** Keys whose values are lists in which order makes no difference. */
const UNORDERED = ["channels", "suppressedBy", "alerts"];

function matches(expected: Fields, { at, fields }: Item, start: number): boolean {
  return Object.entries(expected).every(([key, wanted]) => {
    if (wanted === undefined) return true;
    if (key === "at") return momentOf(String(wanted), start) === at;
    if (UNORDERED.includes(key)) return isDeepStrictEqual(sorted(wanted), sorted(fields[key]));
    return holds(wanted, fields[key]);
  });
}

/** Of a map only the entries that are expected count. */
function holds(wanted: unknown, found: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null || Array.isArray(wanted)) return isDeepStrictEqual(wanted, found);
  if (typeof found !== "object" || found === null) return false;
  return Object.entries(wanted).every(([key, part]) => part === undefined || holds(part, (found as Fields)[key]));
}

function sorted(list: unknown): string[] {
  return (list as string[]).toSorted();
}

function pick(fields: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries([...new Set(keys)].filter((key) => key in fields).map((key) => [key, fields[key]]));
}

/** Times are shown as the test writes them: from its start on, or as instants where it names any. */
function shownTimes(test: RuleTest): (at: number) => string {
  const start = startOf(test);
  const moments = [...test.events, ...test.expect, ...(test.notifications ?? [])].map(({ at }) => at ?? "0s");
  if (moments.some(isInstant)) return iso;
  return (at) => (at === start ? "0m" : durationText(at - start));
}
