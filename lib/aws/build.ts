// When the package that runs was made.

/** Milliseconds since the epoch, put in by scripts/bundle.ts; not there in code that was not bundled. */
declare const LOOKOUT_BUILT_AT: number | undefined;

/** Milliseconds since the epoch; undefined for code that runs as it is. */
export function builtAt(): number | undefined {
  return typeof LOOKOUT_BUILT_AT === "undefined" ? undefined : LOOKOUT_BUILT_AT;
}
