// The models of the kinds for which the order counts: absence, expect, change, newValue, sequence.
import type { Happening } from "./history.ts";
import { type Kind, matching, sum } from "./models.ts";

export function absence(length: number): Kind {
  return {
    falls: true,
    begin() {
      let last: number | undefined;
      return {
        at({ now, events }) {
          if (matching(events, "a").length > 0) {
            last = now;
            return { ends: true };
          }
          return {};
        },
        due: (now) => (last !== undefined && now === last + length ? 0 : undefined),
        cleared(_by, now) {
          last = last === now ? now : undefined;
        },
      };
    },
  };
}

/** A start is served by any other event that follows it, at the same time too. */
export function expectation(within: number): Kind {
  return {
    falls: true,
    begin() {
      let open: Happening[] = [];
      return {
        at({ events }) {
          open.push(...matching(events, "a"));
          const follows = matching(events, "b");
          open = open.filter((start) => !follows.some((event) => event !== start));
          return { ends: follows.length > 0 };
        },
        due: (now) => (open.some(({ at }) => at + within === now) ? 1 : undefined),
        cleared(by, now) {
          if (by === "resolve") open = open.filter(({ at }) => at >= now);
        },
      };
    },
  };
}

/** Values one after the other; `taught`: what only teaches. */
function valued(
  isFound: (value: string, seen: ReadonlyMap<string, number>, last: string, now: number) => boolean,
  taught: ReadonlySet<Happening>,
): Kind {
  return {
    falls: false,
    begin() {
      const seen = new Map<string, number>();
      let last: string | undefined;
      return {
        at({ now, events }) {
          let hits = 0;
          for (const one of matching(events, "a").toSorted((a, b) => ((a.value ?? "") < (b.value ?? "") ? -1 : 1))) {
            if (one.value === undefined) continue;
            if (last !== undefined && !taught.has(one) && isFound(one.value, seen, last, now)) hits += one.count;
            last = one.value;
            seen.set(one.value, now);
          }
          return hits > 0 ? { hits } : {};
        },
      };
    },
  };
}

export function change(taught: ReadonlySet<Happening> = new Set()): Kind {
  return valued((value, _seen, last) => value !== last, taught);
}

export function newValue(memory: number, taught: ReadonlySet<Happening> = new Set()): Kind {
  return valued((value, seen, _last, now) => now - (seen.get(value) ?? Number.NEGATIVE_INFINITY) > memory, taught);
}

/**
 * Steps in order by different events; of two chains the one that starts later. At the same time an
 * earlier step sorts first.
 */
export function sequence(steps: string, within: number): Kind {
  return {
    falls: false,
    begin() {
      let known: Happening[] = [];

      /** Starts before what follows them. */
      const rank = ({ marks }: Happening) =>
        [...steps].reduce((bits, mark, step) => bits | (marks.includes(mark) ? 1 << step : 0), 0);

      /** The chain from this start that takes every step as early as it can and ends with `last`. */
      function chain(start: number, last: Happening): Happening[] | undefined {
        const taken = [known[start]!];
        for (const one of known.slice(start + 1)) {
          if (taken.length < steps.length - 1 && one.marks.includes(steps[taken.length]!)) taken.push(one);
        }
        return taken.length === steps.length - 1 ? [...taken, last] : undefined;
      }

      /** Of two that start at the same time the one whose second step comes earlier. */
      function isBetter([start, second]: Happening[], [otherStart, otherSecond]: Happening[]): boolean {
        if (start!.at !== otherStart!.at) return start!.at > otherStart!.at;
        return known.indexOf(second!) <= known.indexOf(otherSecond!);
      }
      /** The best chain that ends with this one. */
      function finished(one: Happening, now: number): Happening[] | undefined {
        if (!one.marks.includes(steps.at(-1)!)) return undefined;
        const starts = known.flatMap(({ marks, at }, start) =>
          marks.includes("a") && now - at <= within ? [start] : [],
        );
        const chains = starts.map((start) => chain(start, one)).filter((found) => found !== undefined);
        return chains.length === 0 ? undefined : chains.reduce((best, other) => (isBetter(other, best) ? other : best));
      }
      return {
        at({ now, events }) {
          let hits = 0;
          for (const one of events.toSorted((a, b) => rank(a) - rank(b))) {
            const best = finished(one, now);
            if (best) {
              hits += sum(best);
              known = [];
            }
            if (!best || one.marks.includes("a")) known.push(one);
          }
          return hits > 0 ? { hits } : {};
        },
        cleared(_by, now) {
          known = known.filter(({ at }) => at >= now);
        },
      };
    },
  };
}
