// How long something lasted, as people say it: "45s", "12m", "3h 20m", "2d 4h".

const UNITS: readonly [name: string, seconds: number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
];

/** Between two ISO times, in its largest unit and, from hours on, the next one. Empty where there is no such time. */
export function durationText(from: string, to: string): string {
  const seconds = Math.round((Date.parse(to) - Date.parse(from)) / 1_000);
  if (!(seconds >= 0)) return "";
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  const [name, size] = UNITS[at] ?? ["s", 1];
  const [next, part] = UNITS[at + 1] ?? ["s", 1];
  const whole = `${Math.floor(seconds / size)}${name}`;
  const rest = Math.floor((seconds % size) / part);
  return rest > 0 && size > 60 ? `${whole} ${rest}${next}` : whole;
}
