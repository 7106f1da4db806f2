// How far a source's row says that each of its targets has been read.
import { lookup } from "../../model/lookup.ts";
import type { SourceRow } from "../persistence/rows.ts";

/** From a target's id to when it was last read completely; ms, null where the source never did. */
export function readToIn(row: SourceRow | undefined): (target: string) => number | null {
  const { completeTo = null, knownTo, failing = {} } = row ?? {};
  const known = row && knownIn(row);
  return (target) => {
    const failed = lookup(failing, target);
    if (failed) return failed.readTo;
    if (known === undefined) return completeTo;
    return known.has(target) ? (knownTo ?? completeTo) : null;
  };
}

/** The targets that the last run had and read, unless it says otherwise of one; undefined: rows of older releases do not tell. */
function knownIn({ named, discovered }: SourceRow): ReadonlySet<string> | undefined {
  if (named !== undefined) return new Set(named);
  return discovered && new Set(discovered.targets.filter(({ unread }) => !unread).map(({ id }) => id));
}
