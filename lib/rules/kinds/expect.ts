// `expect`: a start that nothing follows in time. Every open start is served by one follow-up, and
// a late one ends the alert.
import type { RuleConfig } from "../../model/config.ts";
import { iso } from "../../model/iso.ts";
import type { Kind } from "./port.ts";

interface Expect {
  /** Starts whose deadline is still to come; ms, ascending. */
  open: number[];
  /** The last follow-up; ms. */
  followed: number | null;
}

export function expect({ within }: NonNullable<RuleConfig["expect"]>): Kind<Expect> {
  return {
    field: undefined,
    reach: within,
    begin: () => ({ open: [], followed: null }),
    take(memory, { steps, time }) {
      const follows = (steps & 2) !== 0;
      if (follows) memory.open = [];
      // An event that is both begins anew, unless another follow-up came at its time.
      const begins = (steps & 1) === 1 && memory.followed !== time && memory.open.at(-1) !== time;
      if (begins) memory.open.push(time);
      if (follows) memory.followed = time;
      return undefined;
    },
    ends: ({ steps }) => (steps & 2) !== 0,
    opensAt: ({ open }) => (open[0] === undefined ? undefined : open[0] + within),
    open(memory, at) {
      memory.open.shift();
      return { count: 1, since: at - within, until: at - within };
    },
    seed: (event, at) => `${event.id} ${at}`,
    wants: ({ open }, time) => open.includes(time),
    clear(memory, at, by) {
      // Time that ends an alert takes no start its deadline.
      if (by === "resolve") memory.open = memory.open.filter((start) => start >= at);
    },
    explain({ steps, time, memory }) {
      if ((steps & 1) === 0) return "it is what is expected, and was not late for anything";
      if (memory?.open.includes(time)) return `waits until ${iso(time + within)} for what is expected to follow`;
      return "what is expected followed in time";
    },
  };
}
