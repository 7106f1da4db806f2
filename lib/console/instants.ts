// A moment as a person writes it.
import { parseDuration } from "../model/duration.ts";
import { instantIn } from "../model/local-time.ts";

/** In ms: an instant, a time in the zone, or so long before now. Undefined: none of these. */
export function instantOf(text: string, now: number, timeZone: string): number | undefined {
  const ago = parseDuration(text);
  return ago === undefined ? instantIn(text, timeZone) : now - ago;
}
