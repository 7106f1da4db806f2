// `newValue`: a value that the key has not shown for as long as it is remembered.
import type { RuleConfig } from "../../model/config.ts";
import { show } from "../../model/place.ts";
import { TAUGHT } from "./change.ts";
import type { Kind } from "./port.ts";

/** Values that one key remembers; the least recently seen are forgotten first. */
const MAX_VALUES = 10_000;

/** When each value was last seen (ms), ascending by that. */
type Seen = Map<string, number>;

export function newValue({ field, memory: longest }: NonNullable<RuleConfig["newValue"]>): Kind<Seen> {
  return {
    field,
    reach: 0,
    begin: () => new Map(),
    load: (saved) => new Map(saved as [string, number][]),
    save: (seen) => [...seen],
    take(seen, { time, count, value = "", teaches }) {
      const last = seen.get(value) ?? Number.NEGATIVE_INFINITY;
      const isNew = seen.size > 0 && !teaches && time - last > longest;
      seen.delete(value);
      seen.set(value, time);
      if (seen.size > MAX_VALUES) seen.delete(seen.keys().next().value!);
      return isNew ? { count, since: time, until: time } : undefined;
    },
    clear: () => {},
    explain: ({ value }) => `${show(value!)} in ${field} was known; ${TAUGHT}`,
  };
}
