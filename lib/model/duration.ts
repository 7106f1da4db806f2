// Durations as people write them: `30s`, `10m`, `2h`, `7d`, `1h30m`.

/** Each unit at most once, the longer before the shorter. */
export const DURATION = /^(?=\d)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
/** As the expression has them. */
const UNITS = ["w", "d", "h", "m", "s", "ms"] as const;
/** Nobody writes weeks. */
const WRITTEN = UNITS.slice(1);

/** Ten years, in milliseconds: what no duration exceeds. */
export const MAX_DURATION = 3_650 * UNIT_MS.d;

/**
 * Milliseconds of a duration such as `30s`, `2h`, `1d12h`; undefined when it is none, or so long that no calendar may
 * hold the instant at its end.
 */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const duration = UNITS.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * UNIT_MS[unit], 0);
  return duration <= MAX_DURATION ? duration : undefined;
}

/** As people write it, in the largest unit that divides it: `90s`, `5m`, `4h`, `0s`. `ms` is a whole number. */
export function durationText(ms: number): string {
  if (ms === 0) return "0s";
  const unit = WRITTEN.find((unit) => ms % UNIT_MS[unit] === 0) ?? "ms";
  return `${ms / UNIT_MS[unit]}${unit}`;
}
