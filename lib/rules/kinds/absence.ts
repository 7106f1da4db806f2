// `absence`: nothing matched for so long. The next match ends the alert.
import type { RuleConfig } from "../../model/config.ts";
import type { Kind } from "./port.ts";

export interface Absence {
  /** The last match that is waited on; ms. */
  last: number | null;
  /** Whether the key was ever watched. */
  watched: boolean;
}

export function absence({ for: longest, over }: NonNullable<RuleConfig["absence"]>): Kind<Absence> {
  return {
    field: undefined,
    reach: Number.POSITIVE_INFINITY,
    kept: 1,
    begin: () => ({ last: null, watched: false }),
    take(memory, { time, teaches }, isOpen) {
      // A target is watched from its first complete read until it has ended: before and after, its
      // own events begin nothing.
      const begins = over !== "targets" || !teaches;
      if (begins || isOpen || memory.last !== null) Object.assign(memory, { last: time, watched: true });
      return undefined;
    },
    ends: () => true,
    observe(memory, time, isOpen) {
      if (over === "targets" && !isOpen) {
        Object.assign(memory, { last: Math.max(memory.last ?? time, time), watched: true });
      }
    },
    opensAt: ({ last }, isOpen) => (last === null || isOpen ? undefined : last + longest),
    open: (_memory, at) => ({ count: 0, since: at - longest, until: at - longest - 1 }),
    seed: (_event, at) => `${at}`,
    clear(memory, at) {
      if (memory.last !== at) memory.last = null;
    },
    explain: () => "it was seen: the rule opens an alert when nothing matches for long",
  };
}
