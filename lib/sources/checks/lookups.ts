// The addresses behind names. The system looks a name up in one of few threads, which this whole process shares, and
// goes on after whoever asked has left: so few names are looked up at a time here, and none twice at once.
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { createSlots } from "./slots.ts";

/** Half of what the threads take at once (bin/threads.js): clouds and channels have names, too. */
const AT_ONCE = 4;
/** What a name led to serves for so long while others are looked up; ms. */
const KEPT_MS = 600_000;

/** Of several addresses each but the last has so long to connect: one packet may be lost meanwhile; ms. */
export const ADDRESS_MS = 1_500;

/** All addresses of a name. */
export type Ask = (name: string) => Promise<LookupAddress[]>;

export interface Looking {
  addresses: Promise<LookupAddress[]>;
  /** When it had no other names to wait for, as performance.now() says it; undefined: it waits for them. */
  begun: number | undefined;
}

export type LookUp = (name: string) => Looking;

export function createLookups(ask: Ask = (name) => lookup(name, { all: true })): LookUp {
  const slots = createSlots(AT_ONCE);
  const underWay = new Map<string, Looking>();
  /** Of names that led somewhere when they were last looked up. */
  const kept = new Map<string, { addresses: LookupAddress[]; t: number }>();

  function lookUp(name: string): Looking {
    const looking: Looking = { begun: undefined, addresses: Promise.resolve([]) };
    underWay.set(name, looking);
    // Nobody takes it off the queue: its turn comes even where others hold the threads longer than anybody waits.
    looking.addresses = slots
      .run(() => {
        looking.begun = performance.now();
        return ask(name);
      })
      .finally(() => underWay.delete(name));
    looking.addresses.then(
      (addresses) => kept.set(name, { addresses, t: performance.now() }),
      () => kept.delete(name),
    );
    return looking;
  }

  return (name) => {
    const looking = underWay.get(name) ?? lookUp(name);
    const last = kept.get(name);
    const now = performance.now();
    // It may be good as ever, and only wait for names that lead nowhere.
    const isKnown = looking.begun === undefined && last !== undefined && now - last.t < KEPT_MS;
    return isKnown ? { addresses: Promise.resolve(last.addresses), begun: now } : looking;
  };
}
