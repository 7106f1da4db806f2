// The colour of a message, for receivers that take any.
import type { Tone } from "./news.ts";

/** As in "#d92d20". */
export const COLOURS: Readonly<Record<Tone, string>> = {
  critical: "#d92d20",
  error: "#f57c00",
  warning: "#f2c200",
  info: "#1570cd",
  resolved: "#2e7d32",
};
