// `change`: a value that differs from the key's last one.
import type { RuleConfig } from "../../model/config.ts";
import { show } from "../../model/place.ts";
import type { Kind } from "./port.ts";

/** What the first value of a key does, and all of a target's first poll. */
export const TAUGHT = "a key's first value, and all of a target's first poll, only teach";

export function change({ field }: NonNullable<RuleConfig["change"]>): Kind<{ last: string | null }> {
  return {
    field,
    reach: 0,
    begin: () => ({ last: null }),
    take(memory, { time, count, value, teaches }) {
      const changed = memory.last !== null && value !== memory.last && !teaches;
      memory.last = value!;
      return changed ? { count, since: time, until: time } : undefined;
    },
    clear: () => {},
    explain: ({ value }) => `${field} is ${show(value!)}, as it was before; ${TAUGHT}`,
  };
}
