// The events that an evaluation has in full: those just found, those that wait, and the newest of the open alert.
import type { Event } from "../model/event.ts";
import type { AtHand } from "./fold.ts";
import { placeIn, shortId } from "./log.ts";
import type { KeyState } from "./state.ts";

/** By their entries' ids. */
export type EventsAtHand = ReadonlyMap<string, Event>;

export const NOTHING: AtHand = { of: () => undefined, between: () => [], nearest: () => undefined };

/** Each is looked at only where it is asked for: what counts into the open alert asks for its own event alone. */
export function createAtHand({ pending, alert }: Pick<KeyState, "pending" | "alert">, fresh: EventsAtHand): AtHand {
  const known = () => [...pending, ...(alert?.events ?? [])];
  let byId: Map<string, Event> | undefined;
  let byTime: { time: number; event: Event }[] | undefined;

  function sorted(): { time: number; event: Event }[] {
    if (byTime) return byTime;
    const unique = new Map([...known(), ...fresh.values()].map((event) => [event.id, event]));
    byTime = [...unique.values()].map((event) => ({ time: Date.parse(event.time), event }));
    return byTime.sort((a, b) => a.time - b.time);
  }
  /** Where the first lies that is not before `time` (ms). */
  function placeOf(time: number): number {
    const all = sorted();
    return placeIn(all.length, (at) => all[at]!.time < time);
  }
  return {
    of({ id }) {
      const own = fresh.get(id);
      if (own) return own;
      byId ??= new Map(known().map((event) => [shortId(event.id), event]));
      return byId.get(id);
    },
    between(since, until) {
      const some = sorted().slice(placeOf(since), placeOf(until + 1));
      return some.map(({ event }) => event);
    },
    nearest: (time) => (sorted()[placeOf(time + 1) - 1] ?? sorted()[0])?.event,
  };
}
