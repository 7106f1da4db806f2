// Times as people read them: in their time zone, with its name.
import { oneLine } from "./printable.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

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
