// A set of small numbers that is filled and emptied for each event: two levels of bits, so that
// what is empty costs nothing.

/** Bits are counted from the top: finding the first one set is then one instruction of the processor. */
const TOP = 1 << 31;

export interface Bits {
  /** Number n is bit n & 31 from the top of word n >> 5: the lowest number is the one that counting zeros finds. */
  words: Int32Array;
  /** A bit for each word that may hold any. */
  summary: Int32Array;
}

/** Bits that are set together, by the words that hold them. */
export interface Mask {
  at: number[];
  bits: number[];
}

export function createBits(count: number): Bits {
  return { words: new Int32Array((count >> 5) + 1), summary: new Int32Array((count >> 10) + 1) };
}

export function createMask(numbers: readonly number[]): Mask {
  const mask: Mask = { at: [], bits: [] };
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = mask.at.length - 1;
    if (mask.at[last] === number >> 5) mask.bits[last] = (mask.bits[last] as number) | (TOP >>> (number & 31));
    else {
      mask.at.push(number >> 5);
      mask.bits.push(TOP >>> (number & 31));
    }
  }
  return mask;
}

export function hasBit({ words }: Bits, number: number): boolean {
  return ((words[number >> 5] as number) & (TOP >>> (number & 31))) !== 0;
}

export function setBit({ words, summary }: Bits, number: number): void {
  words[number >> 5] = (words[number >> 5] as number) | (TOP >>> (number & 31));
  summary[number >> 10] = (summary[number >> 10] as number) | (TOP >>> ((number >> 5) & 31));
}

export function clearBit({ words }: Bits, number: number): void {
  words[number >> 5] = (words[number >> 5] as number) & ~(TOP >>> (number & 31));
}

export function setMask({ words, summary }: Bits, { at, bits }: Mask): void {
  for (let index = 0; index < at.length; index++) {
    const word = at[index] as number;
    words[word] = (words[word] as number) | (bits[index] as number);
    summary[word >> 5] = (summary[word >> 5] as number) | (TOP >>> (word & 31));
  }
}

/** Takes all numbers out, ascending, into the list; returns how many. */
export function drain({ words, summary }: Bits, into: Int32Array): number {
  let count = 0;
  for (let group = 0; group < summary.length; group++) {
    let filled = summary[group] as number;
    while (filled !== 0) {
      const slot = Math.clz32(filled);
      filled ^= TOP >>> slot;
      const at = (group << 5) + slot;
      let bits = words[at] as number;
      while (bits !== 0) {
        const place = Math.clz32(bits);
        bits ^= TOP >>> place;
        into[count++] = (at << 5) + place;
      }
      words[at] = 0;
    }
    summary[group] = 0;
  }
  return count;
}
