// What calendars and clocks on the wall of a time zone show at an instant.

/** A minute of local time. */
export interface LocalMinute {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  /** 0 is Sunday. */
  weekday: number;
  /** Minutes since local midnight by the clock on the wall, 0 to 1439. */
  minute: number;
}

const DAY_MS = 86_400_000;
/** Building a formatter costs a hundred times more than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

/** Returns a function from an instant to local time. Throws RangeError for an unknown IANA zone. */
export function localClock(timezone: string): (at: Date) => LocalMinute {
  let formatter = formatters.get(timezone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    formatters.set(timezone, formatter);
  }
  const { formatToParts } = formatter;
  return (at) => {
    const parts = new Map(formatToParts.call(formatter, at).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    return localDay(part("year"), part("month"), part("day"), part("hour") * 60 + part("minute"));
  };
}

/** The same minute on the calendar day before. */
export function previousDay({ year, month, day, minute }: LocalMinute): LocalMinute {
  const before = new Date(Date.UTC(year, month - 1, day) - DAY_MS);
  return localDay(before.getUTCFullYear(), before.getUTCMonth() + 1, before.getUTCDate(), minute);
}

export function daysInMonth({ year, month }: LocalMinute): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function localDay(year: number, month: number, day: number, minute: number): LocalMinute {
  return { year, month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), minute };
}
