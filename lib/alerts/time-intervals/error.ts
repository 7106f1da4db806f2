// The one error of an invalid time interval: where it is wrong and why, in words for the person who wrote it.
import { formatPlace, type Place } from "../../model/place.ts";

/** Thrown for a time interval that cannot be compiled. `reason` says what is wrong and what to write. */
export class TimeIntervalError extends Error {
  override readonly name = "TimeIntervalError";
  readonly path: Place;
  readonly reason: string;

  constructor(path: Place, reason: string) {
    super(path.length === 0 ? `the time interval ${reason}` : `${formatPlace(path)}: ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}
