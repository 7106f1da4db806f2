// The one error of an invalid pattern: where it is wrong and why, in words for the person who wrote it.
import { formatPlace, type Place } from "../model/place.ts";

/** Thrown for a pattern that cannot be compiled. `reason` is a phrase that says what is wrong and what to write. */
export class PatternError extends Error {
  override readonly name = "PatternError";
  readonly path: Place;
  readonly reason: string;

  constructor(path: Place, reason: string) {
    super(path.length === 0 ? `the pattern ${reason}` : `${formatPlace(path)}: ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}
