// How far ahead of a channel's receiver the sender goes: a table of what is claimed, awaited and gathered.
import { describe, expect, it } from "vitest";
import { claimsWanted, createLane, gathers, isCrowded, type Lane, roomOf } from "../../../lib/app/delivery/lane.ts";
import type { Claimed, Entry } from "../../../lib/app/delivery/sender-tasks.ts";

const LIMIT = 4;
const NOW = 1_000_000;
const many = <T>(count: number): T[] => Array.from({ length: count }, () => ({}) as T);

interface Given extends Partial<Pick<Lane, "flying" | "quick">> {
  waiting?: number;
  claimed?: number;
  /** ms since its last answer. */
  silent?: number;
}

function lane({ waiting = 0, claimed = 0, silent = 0, ...rest }: Given): Lane {
  const heardAt = NOW - silent;
  return {
    ...createLane({ incident: false, concurrency: LIMIT }),
    waiting: many<Entry>(waiting),
    claimed: many<Claimed>(claimed),
    heardAt,
    ...rest,
  };
}

const cases: [name: string, given: Given, expected: { room: number; wanted: number; crowded: boolean }][] = [
  [
    "of a receiver not known to be quick a few are claimed as they are put",
    {},
    { room: 16, wanted: 16, crowded: false },
  ],
  ["of a quick one many are", { quick: true }, { room: 64, wanted: 16, crowded: false }],
  ["what is claimed already takes room", { quick: true, claimed: 10 }, { room: 54, wanted: 0, crowded: false }],
  ["none overtakes what waits", { quick: true, waiting: 1 }, { room: 0, wanted: 16, crowded: true }],
  [
    "a quick one with much to do is waited for",
    { quick: true, flying: 4, claimed: 17 },
    { room: 47, wanted: 0, crowded: true },
  ],
  [
    "one that has stopped answering is not",
    { quick: true, flying: 4, claimed: 17, silent: 201 },
    { room: -1, wanted: 0, crowded: false },
  ],
  ["a slow one is not", { flying: 4, waiting: 9 }, { room: 0, wanted: 16, crowded: false }],
  [
    "one with more than it does in a moment is not",
    { quick: true, flying: 4, waiting: 256 },
    { room: 0, wanted: 16, crowded: false },
  ],
];

describe("a lane", () => {
  it.each(cases)("%s", (_name, given, expected) => {
    const one = lane(given);
    expect({ room: roomOf(one, NOW), wanted: claimsWanted(one), crowded: isCrowded(one, NOW) }).toEqual(expected);
  });
});

describe("answers wait for others to be recorded with them", () => {
  const busy: Given = { quick: true, flying: 4, claimed: 4 };
  it.each<[string, Given[], number, boolean]>([
    ["while a quick receiver has more to answer", [busy], 31, true],
    ["no longer than there are enough", [busy], 32, false],
    ["not where nothing more is claimed for it", [{ ...busy, claimed: 0 }], 1, false],
    ["not once it has stopped answering", [{ ...busy, silent: 201 }], 1, false],
    ["not where another receiver is slow", [busy, { flying: 1, claimed: 1 }], 1, false],
    ["not where nothing is under way", [{ quick: true, claimed: 4 }], 1, false],
  ])("%s", (_name, lanes, answers, expected) => {
    expect(gathers(lanes.map(lane), answers, NOW)).toBe(expected);
  });
});
