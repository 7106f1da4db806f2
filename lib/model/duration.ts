// Durations as people write them: `30s`, `10m`, `2h`, `7d`.
export const DURATION = /^(\d+)(ms|s|m|h|d|w)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
/** Nobody writes weeks. */
const WRITTEN = ["d", "h", "m", "s", "ms"] as const;

/** Ten years, in milliseconds: what no duration exceeds. */
export const MAX_DURATION = 3_650 * UNIT_MS.d;

/**
 * Milliseconds of a duration such as `30s`, `10m`, `2h`, `7d`; undefined when it is none, or so long that no calendar
 * may hold the instant at its end.
 */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const duration = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return duration <= MAX_DURATION ? duration : undefined;
}

/** As people write it, in the largest unit that divides it: `90s`, `5m`, `4h`, `0s`. `ms` is a whole number. */
export function durationText(ms: number): string {
  if (ms === 0) return "0s";
  const unit = WRITTEN.find((unit) => ms % UNIT_MS[unit] === 0) ?? "ms";
  return `${ms / UNIT_MS[unit]}${unit}`;
}
