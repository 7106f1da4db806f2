// A key's log: what came after its horizon, sorted and compact, so that late input is folded where it belongs.
/** One event as a rule's kind sees it. */
export interface Entry {
  /** Event time; ms. */
  time: number;
  count: number;
  /**
   * Bit 0: it matches `when`; bit n: the n-th pattern of the kind. None, and it does not resolve:
   * time is observed from here on.
   */
  steps: number;
  resolves: boolean;
  /** It teaches and begins nothing: of a target's first poll, or of one that has ended. */
  teaches: boolean;
  /** Of kinds that tell values apart. */
  value: string | undefined;
  /** Tells it from others of its time. */
  id: string;
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
const ID_LENGTH = 7;
const RADIX = 36;
/** What stands between the numbers of an entry: `*` steps, `+` count, `=` value, and `;` after it. */
const [STAR, PLUS, END] = [42, 43, 59];

/** The entry's place: at one time starts come before what follows them, and what resolves last, so that firing wins. */
export function compareEntries(one: Entry, other: Entry): number {
  if (one.time !== other.time) return one.time - other.time;
  if (one.resolves !== other.resolves) return one.resolves ? 1 : -1;
  if (one.steps !== other.steps) return one.steps - other.steps;
  const order = compareTexts(one.value ?? "", other.value ?? "") || one.count - other.count;
  return order || compareTexts(one.id, other.id);
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The first of so many places at which `isBefore` does not hold; up to there it does. */
export function placeIn(length: number, isBefore: (place: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds the entry where it belongs; returns its place, or -1 where it is there already. */
export function insertEntry(entries: Entry[], entry: Entry): number {
  const last = entries.at(-1);
  if (last === undefined || compareEntries(last, entry) < 0) return entries.push(entry) - 1;
  const place = placeIn(entries.length, (at) => compareEntries(entries[at]!, entry) < 0);
  if (compareEntries(entries[place]!, entry) === 0) return -1;
  entries.splice(place, 0, entry);
  return place;
}

/** How many entries lie before `time` (ms). */
export function countBefore(entries: readonly Entry[], time: number): number {
  return placeIn(entries.length, (at) => entries[at]!.time < time);
}

/** A short name of an event within its key: 42 bits of a hash that is fast, since every event that matches has one. */
export function shortId(id: string): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < id.length; at++) {
    const code = id.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
    b ^= b >>> 13;
  }
  a = Math.imul(a ^ (a >>> 15), 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 15), 0xc2b2ae35);
  let text = "";
  for (let shift = 0; shift < 24; shift += 6) text += DIGITS[(a >>> shift) & 63];
  for (let shift = 0; shift < 18; shift += 6) text += DIGITS[(b >>> shift) & 63];
  return text;
}

/** The log as a row keeps it: some 12 bytes an entry, values by their place in a list. */
export interface PackedLog {
  text: string;
  values: string[];
}

/** Packs entries one by one, ascending. */
export interface Packer {
  add(entry: Entry): void;
  packed(): PackedLog;
}

/** `after`: the last entry that `log` has already. */
export function createPacker(log: PackedLog, after: Entry | undefined): Packer {
  let { text, values } = log;
  let last = after?.time ?? 0;
  let places: Map<string, number> | undefined;

  function placeOf(value: string): number {
    places ??= new Map(values.map((one, place) => [one, place]));
    const known = places.get(value);
    if (known !== undefined) return known;
    if (values === log.values) values = [...values];
    places.set(value, values.length);
    return values.push(value) - 1;
  }
  return {
    add({ id, time, steps, resolves, teaches, count, value }) {
      const what = steps * 4 + (resolves ? 2 : 0) + (teaches ? 1 : 0);
      text += id + (time - last).toString(RADIX);
      if (what !== 4) text += `*${what.toString(RADIX)}`;
      if (count !== 1) text += `+${count.toString(RADIX)}`;
      if (value !== undefined) text += `=${placeOf(value).toString(RADIX)}`;
      text += ";";
      last = time;
    },
    packed: () => ({ text, values }),
  };
}

export function packLog(entries: readonly Entry[]): PackedLog {
  const packer = createPacker({ text: "", values: [] }, undefined);
  for (const entry of entries) packer.add(entry);
  return packer.packed();
}

export function unpackLog({ text, values }: PackedLog): Entry[] {
  const entries: Entry[] = [];
  const reader: Reader = { text, at: 0 };
  for (let time = 0; reader.at < text.length; ) {
    const entry = readEntry(reader, values, time);
    time = entry.time;
    entries.push(entry);
  }
  return entries;
}

/** A place in a packed text. */
interface Reader {
  text: string;
  at: number;
}

/** `last`: when the entry before it was; ms. */
function readEntry(reader: Reader, values: readonly string[], last: number): Entry {
  const id = reader.text.slice(reader.at, reader.at + ID_LENGTH);
  reader.at += ID_LENGTH;
  const time = last + readNumber(reader);
  let [what, count, place] = [4, 1, -1];
  for (let mark = readMark(reader); mark !== END; mark = readMark(reader)) {
    const number = readNumber(reader);
    if (mark === STAR) what = number;
    else if (mark === PLUS) count = number;
    else place = number;
  }
  const [steps, resolves, teaches] = [what >>> 2, (what & 2) !== 0, (what & 1) !== 0];
  return { time, count, steps, resolves, teaches, value: place < 0 ? undefined : values[place], id };
}

function readMark(reader: Reader): number {
  return reader.at < reader.text.length ? reader.text.charCodeAt(reader.at++) : END;
}

/** Digits up to the next mark: no mark's code is a digit's. */
function readNumber(reader: Reader): number {
  for (let number = 0; ; reader.at++) {
    const code = reader.text.charCodeAt(reader.at);
    const digit = code < 58 ? code - 48 : code - 87;
    if (!(digit >= 0)) return number;
    number = number * RADIX + digit;
  }
}
