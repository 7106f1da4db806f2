// `sequence`: steps that follow each other in order within a time. Of two chains the one that starts later is taken.
import type { RuleConfig } from "../../model/config.ts";
import type { Kind } from "./port.ts";

/** The latest start (ms) of which this many steps have followed, with what its steps count. */
type Chain = { since: number; count: number } | null;

interface Sequence {
  begun: Chain[];
}

export function sequence({ then, within }: NonNullable<RuleConfig["sequence"]>): Kind<Sequence> {
  const last = then.length;
  return {
    field: undefined,
    reach: within,
    begin: () => ({ begun: [] }),
    take(memory, { steps, time, count }) {
      const { begun } = memory;
      let found: Chain = null;
      for (let step = last; step >= 1; step--) {
        const before = begun[step - 1] ?? null;
        if ((steps & (1 << step)) === 0 || before === null || time - before.since > within) continue;
        const next = { since: before.since, count: before.count + count };
        if (step === last) found = next;
        else if ((begun[step]?.since ?? -1) < before.since) begun[step] = next;
      }
      // Every open start is served by the one follow-up.
      if (found) memory.begun = [];
      if (steps & 1) memory.begun[0] = { since: time, count };
      return found ? { ...found, until: time } : undefined;
    },
    clear(memory, at) {
      memory.begun = memory.begun.map((chain) => (chain && chain.since >= at ? chain : null));
    },
    explain: () => "the patterns have not all matched in order within the time",
  };
}
