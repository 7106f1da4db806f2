// What other rooms' compilers throw: an error that names its place within what they were given, and
// a reason for people.
import type { Place } from "../../model/place.ts";

interface PlacedProblem {
  path: Place;
  reason: string;
}

/** Rethrows whatever else was thrown: that is a defect, not a configuration that is wrong. */
export function placedProblem(error: unknown): PlacedProblem {
  const { path, reason } = error as Partial<PlacedProblem>;
  if (!(error instanceof Error) || !Array.isArray(path) || typeof reason !== "string") throw error;
  return { path, reason };
}
