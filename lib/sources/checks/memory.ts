// What a health check remembers of each target, as marks of its cursor: a mark is committed with the event that it
// stands for, so that each change is found exactly once.
import type { Mark } from "../port.ts";
import { fingerprint } from "../reading/marks.ts";

/** What the cursor forgets after 30 days is marked anew before; ms. */
const REFRESH_MS = 7 * 86_400_000;
const MAX_NAME = 64;

export interface Known {
  id: string;
  name: string;
  /** The state's word, empty while that is not decided. */
  state: string;
  /** What a kind remembers beyond that. */
  numbers: readonly number[];
  /** When it was last remembered; ms. */
  t: number;
}

/** Names a target in the memory. */
export function nameOf(id: string): string {
  return fingerprint([id]);
}

/** What is remembered, by the target's name in the memory. */
export function remembered(seen: ReadonlyMap<string, Mark>): Map<string, Known> {
  const known = new Map<string, Known>();
  for (const { fp, t, v } of seen.values()) {
    if (typeof v === "number") continue;
    const [state, id, name, ...numbers] = v;
    if (typeof state !== "string" || typeof id !== "string" || typeof name !== "string") continue;
    known.set(fp, { id, name: name === "" ? id : name, state, numbers: numbers.map(Number), t });
  }
  return known;
}

/** The mark of a target that is remembered from now on. */
export function remember({ id, name, state, numbers, t }: Known): Mark {
  const shown = name === id ? "" : name.slice(0, MAX_NAME);
  return { fp: nameOf(id), t, v: [state, id, shown, ...numbers].map(wellFormed), keep: true };
}

/** The mark of a target of which nothing is remembered any more. */
export function forgotten(id: string): Mark {
  return { fp: nameOf(id), t: 0, v: 1 };
}

/** Marks that would soon be forgotten, made anew. */
export function refreshed(known: Iterable<Known>, now: number): Mark[] {
  return [...known].filter(({ t }) => t < now - REFRESH_MS).map((one) => remember({ ...one, t: now }));
}

function wellFormed(part: string | number): string | number {
  return typeof part === "string" ? part.toWellFormed() : part;
}
