// Times as people read and write them: in their time zone.
import { oneLine } from "./printable.ts";

/** "2026-11-20 10:00", with or without seconds, as the pages show times. */
const LOCAL = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)$/;
/** The same with its offset, or Z. */
const WHOLE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** With the zone's name, and as people write it. */
const formats = new Map<string, Intl.DateTimeFormat>();
const plainFormats = new Map<string, Intl.DateTimeFormat>();

/** Shows ISO times as "2026-11-20 11:00:00 GMT+1"; what is no time is shown as it is. */
export function timeIn(timezone: string): (iso: string) => string {
  return (iso) => {
    const at = Date.parse(iso);
    if (Number.isNaN(at)) return oneLine(iso).slice(0, 40);
    const parts = Object.fromEntries(
      formatOf(timezone)
        .formatToParts(at)
        .map(({ type, value }) => [type, value]),
    );
    const { year, month, day, hour, minute, second, timeZoneName } = parts;
    return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName}`;
  };
}

/** Made once for each zone, and not before a time is shown: to make one takes some milliseconds. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  });
  formats.set(timezone, format);
  return format;
}

/** "2026-11-20 10:00:00" in the zone. A formatter takes much memory outside of the heap: each zone has one. */
export function localTime(ms: number, timeZone: string): string {
  const known = plainFormats.get(timeZone);
  const format = known ?? new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  if (known === undefined) plainFormats.set(timeZone, format);
  return format.format(ms);
}

/** In ms: an instant with its offset, or a time in the zone. Undefined: neither. */
export function instantIn(text: string, timeZone: string): number | undefined {
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
