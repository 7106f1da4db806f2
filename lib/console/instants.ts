// A moment as a person writes it, and as the pages show it.
import { parseDuration } from "../model/duration.ts";

/** "2026-11-20 10:00", with or without seconds, as the pages show times. */
const LOCAL = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)$/;
/** The same with its offset, or Z. */
const WHOLE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

const formats = new Map<string, Intl.DateTimeFormat>();

/** "2026-11-20 10:00:00" in the zone. A formatter takes much memory outside of the heap: each zone has one. */
export function localTime(ms: number, timeZone: string): string {
  const known = formats.get(timeZone);
  const format = known ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  if (known === undefined) formats.set(timeZone, format);
  return format.format(ms);
}

/** In ms: an instant, a time in the zone, or so long before now. Undefined: none of these. */
export function instantOf(text: string, now: number, timeZone: string): number | undefined {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  if (WHOLE.test(text)) return known(Date.parse(text));
  const [, date, time] = LOCAL.exec(text) ?? [];
  const asUtc = date === undefined ? undefined : known(Date.parse(`${date}T${time}Z`));
  if (asUtc === undefined) return undefined;
  // The offset at that time is known once the time is: twice is enough, but for the hour that a change of clocks skips.
  const once = asUtc - offsetAt(asUtc, timeZone);
  // Of the first years no time is written as we read it.
  if (known(once) === undefined) return undefined;
  return known(asUtc - offsetAt(once, timeZone));
}

function known(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}

/** By how much the zone's clock is ahead of UTC; ms. */
function offsetAt(ms: number, timeZone: string): number {
  return Date.parse(`${localTime(ms, timeZone).replace(" ", "T")}Z`) - Math.floor(ms / 1_000) * 1_000;
}
