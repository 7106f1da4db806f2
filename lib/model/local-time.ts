// Times as people read them: in their time zone, with its name.
import { oneLine } from "./printable.ts";

/** Shows ISO times as "2026-11-20 11:00:00 GMT+1"; what is no time is shown as it is. */
export function timeIn(timezone: string): (iso: string) => string {
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
  return (iso) => {
    const at = Date.parse(iso);
    if (Number.isNaN(at)) return oneLine(iso).slice(0, 40);
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, minute, second, timeZoneName } = parts;
    return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName}`;
  };
}
