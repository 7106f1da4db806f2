// A poll round: what one pass of a source leads to is notified together, when it is over.
import type { Transition } from "../../rules/state.ts";
import type { App } from "../deps.ts";

/** In a round's id behind that of its process. */
const OF = " ";

/** One pass of a source over all its targets, and what it led to: made known when it is over. */
export interface Round {
  /** Begins with the id of the process whose round it is. */
  id: string;
  transitions: Transition[];
  groups: Set<string>;
}

export function newRound({ identity }: App, name: string, now: number): Round {
  return { id: `${identity.id}${OF}${name}/${now}`, transitions: [], groups: new Set() };
}

/** The round ended with its process: nobody will say that it is over. */
export function isLost({ identity }: App, round: string): boolean {
  const end = round.indexOf(OF);
  return end > 0 && identity.isGone(round.slice(0, end));
}

/** The round is over: what was committed is notified. It may be said again, of what came since. */
export async function endRound(app: App, round: Round): Promise<void> {
  if (round.groups.size === 0) return;
  const { transitions, groups, id } = round;
  round.transitions = [];
  round.groups = new Set();
  await app.bus.publish(transitions, [...groups], id);
}
