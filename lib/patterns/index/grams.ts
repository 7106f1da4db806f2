// Many wildcards at once: each is looked up by its rarest literal of up to four characters, in one
// walk through the text.
import { chainTo, createHit, emit, type Found, type Hit } from "./hit.ts";

const LONGEST = 4;
/** Bits of the filter for each gram: most windows of a text are sorted out by one look at it. */
const FILTER_BITS = 16;
/** Spreads neighbouring keys over the filter (2^32 divided by the golden ratio). */
const SPREAD = 0x9e3779b1;

export interface Wildcard<T> {
  parts: readonly string[];
  target: T;
}

interface Entry<T> {
  hits: Hit<T>;
  /** The last walk that came by: a gram that a text repeats counts once. */
  walk: number;
}

/** The grams of one length. A gram's key is made of the low bytes of its characters: others may share it. */
interface Table<T> {
  mask: number;
  filter: Uint32Array;
  shift: number;
  entries: Map<number, Entry<T>>;
}

export interface Grams<T> {
  tables: Table<T>[];
  walk: number;
}

/** Each wildcard has a part that is not empty. */
export function buildGrams<T>(wildcards: readonly Wildcard<T>[]): Grams<T> {
  const choices = wildcards.map(({ parts }) => gramsOf(parts));
  const uses = new Map<string, number>();
  for (const grams of choices) for (const gram of grams) uses.set(gram, (uses.get(gram) ?? 0) + 1);
  const byLength = new Map<number, Map<number, Hit<T>>>();
  choices.forEach((grams, index) => {
    const { parts, target } = wildcards[index] as Wildcard<T>;
    let rarest = "";
    let fewest = Number.POSITIVE_INFINITY;
    for (const gram of grams) {
      const count = uses.get(gram) as number;
      if (count >= fewest) continue;
      rarest = gram;
      fewest = count;
    }
    const ofLength = byLength.get(rarest.length) ?? new Map<number, Hit<T>>();
    byLength.set(rarest.length, ofLength);
    chainTo(ofLength, keyOf(rarest), createHit(target, parts));
  });
  return { tables: [...byLength].map(([length, byKey]) => buildTable(length, byKey)), walk: 0 };
}

/**
 * Finds the targets of all wildcards that accept the text; linear in the text but for judging those whose gram it has.
 */
export function findWildcards<T>(grams: Grams<T>, text: string, found: Found<T>): void {
  const walk = ++grams.walk;
  for (let number = 0; number < grams.tables.length; number++) {
    const { mask, filter, shift, entries } = grams.tables[number] as Table<T>;
    let window = 0;
    for (let at = 0; at < text.length; at++) {
      window = (window << 8) | (text.charCodeAt(at) & 0xff);
      const bit = Math.imul(window & mask, SPREAD) >>> shift;
      if (((filter[bit >>> 5] as number) & (1 << (bit & 31))) === 0) continue;
      const entry = entries.get(window & mask);
      if (entry === undefined || entry.walk === walk) continue;
      entry.walk = walk;
      emit(entry.hits, text, found);
    }
  }
}

/** All texts of the greatest length up to four that lie within a part. */
function gramsOf(parts: readonly string[]): Set<string> {
  const length = parts.reduce((longest, part) => Math.max(longest, Math.min(part.length, LONGEST)), 0);
  const grams = new Set<string>();
  for (const part of parts) for (let at = 0; at + length <= part.length; at++) grams.add(part.slice(at, at + length));
  return grams;
}

function keyOf(gram: string): number {
  let key = 0;
  for (let at = 0; at < gram.length; at++) key = (key << 8) | (gram.charCodeAt(at) & 0xff);
  return key;
}

function buildTable<T>(length: number, byKey: ReadonlyMap<number, Hit<T>>): Table<T> {
  const bits = Math.max(5, Math.ceil(Math.log2(byKey.size * FILTER_BITS)));
  const shift = 32 - bits;
  const filter = new Uint32Array(2 ** (bits - 5));
  const entries = new Map<number, Entry<T>>();
  for (const [key, hits] of byKey) {
    const bit = Math.imul(key, SPREAD) >>> shift;
    filter[bit >>> 5] = (filter[bit >>> 5] as number) | (1 << (bit & 31));
    entries.set(key, { hits, walk: 0 });
  }
  return { mask: length === LONGEST ? -1 : (1 << (length * 8)) - 1, filter, shift, entries };
}
