// The models of the kinds that count in a window: threshold, distinct, spike.
import type { Happening } from "./history.ts";
import { type Kind, matching, sum } from "./models.ts";

const between = (all: readonly Happening[], from: number, to: number) => all.filter(({ at }) => at >= from && at <= to);

function windowed(within: number, count: number, field: boolean, size: (all: readonly Happening[]) => number): Kind {
  const counted = (all: readonly Happening[]) =>
    matching(all, "a").filter(({ value }) => !field || value !== undefined);
  return {
    falls: true,
    begin: () => ({
      at({ now, past, events, isOpen, cleared }) {
        const fresh = counted(events);
        const all = counted([...past, ...events]);
        const full = between(all, Math.max(now - within, cleared), now);
        const falls = size(between(all, Math.max(now - within + 1, cleared), now)) < count;
        if (fresh.length === 0) return { falls };
        if (isOpen) return { falls, hits: sum(fresh) };
        return size(full) >= count ? { falls, hits: sum(full) } : {};
      },
    }),
  };
}

export const threshold = (count: number, within: number) => windowed(within, count, false, sum);

export function distinct(count: number, within: number): Kind {
  return windowed(within, count, true, (all) => new Set(all.map(({ value }) => value)).size);
}

/** Silent until the earlier window lies wholly in what was observed, since the last resolution. */
export function spike(factor: number, length: number, min: number): Kind {
  return {
    falls: false,
    begin() {
      let from = 0;
      return {
        at({ now, past, events, isOpen }) {
          const fresh = matching(events, "a");
          if (fresh.length === 0) return {};
          if (isOpen) return { hits: sum(fresh) };
          const all = between(matching([...past, ...events], "a"), from, now);
          const later = between(all, now - length, now);
          // A millisecond lies between the two windows, and happenings lie a minute apart.
          const earlier = between(all, now - 2 * length, now - length - 1);
          const holds = now - 2 * length > from && sum(later) >= min && sum(later) >= factor * sum(earlier);
          return holds ? { hits: sum(later) } : {};
        },
        cleared(_by, now) {
          from = now;
        },
      };
    },
  };
}
