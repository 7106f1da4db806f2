// The prefilter: where few alternatives are left, their operators' signatures lie side by side in one array
// of integers. One short pass over them rules out most alternatives, without touching the rest of an index
// larger than the processor's caches.
import { type EventValues, MANY } from "../event-values.ts";
import type { Operator, Scalar } from "../tree.ts";
import type { Test } from "./field-test.ts";
import type { Found } from "./hit.ts";
import {
  type Demanded,
  demandedBy,
  EXCLUDED,
  hasSignature,
  isAccepted,
  isRuledOut,
  type Kind,
  type Operand,
  signatureOf,
} from "./signatures.ts";

/** Words of a group before its entries, and of each entry. */
const HEADER = 2;
const WIDTH = 4;
/** The lower bits of a group's first word are its kind, the others the path. */
const KIND_BITS = 3;
const KINDS = (1 << KIND_BITS) - 1;

/** More signatures than this are not passed over faster than an index of the operators is searched. */
export const FEW = 12;
/** Nearly every value passes an exclusion: more of them than this are faster set all at once, as a complement does. */
const FEW_EXCLUSIONS = 3;

/** Alternatives that have the same tests left; the first test is in the prefilter. */
export interface Candidate {
  tests: readonly Test[];
  alternatives: readonly number[];
}

/** Entries are numbered; their words lie in groups that look at one field in one way. */
export interface Prefilter {
  /**
   * Of each group its path and kind and where it ends, then its entries of four words: key, mask, number, alternative.
   */
  words: Int32Array;
  /** By the number of the entry: what judges a value whose signature passes. */
  operands: readonly Operand[];
  /** By the number of the entry: what else must hold, where its word for the alternative is -1. */
  candidates: readonly Candidate[];
}

/** The words of a few alternatives. */
export interface Span {
  from: number;
  to: number;
}

/** A prefilter that is being filled. */
export interface Draft {
  words: number[];
  operands: Operand[];
  candidates: Candidate[];
  /** Operators that rules have in common have one operand. */
  demanded: Map<Operator, Demanded | undefined>;
}

interface Entry {
  group: number;
  demanded: Demanded;
  candidate: Candidate;
}

export function createDraft(): Draft {
  return { words: [], operands: [], candidates: [], demanded: new Map() };
}

export function finish({ words, operands, candidates }: Draft): Prefilter {
  return { words: Int32Array.from(words), operands, candidates };
}

/** Adds candidates; undefined where their signatures are too many, or a test has none. */
export function addCandidates(draft: Draft, candidates: readonly Candidate[]): Span | undefined {
  const entries: Entry[] = [];
  for (const candidate of candidates) {
    const ofTest = entriesOf(draft, candidate);
    if (ofTest === undefined || entries.length + ofTest.length > FEW) return undefined;
    entries.push(...ofTest);
  }
  if (entries.filter(({ demanded }) => demanded.kind === EXCLUDED).length > FEW_EXCLUSIONS) return undefined;
  const { words } = draft;
  const from = words.length;
  for (const group of new Set(entries.map((entry) => entry.group))) {
    const members = entries.filter((entry) => entry.group === group);
    words.push(group, words.length + HEADER + members.length * WIDTH);
    for (const entry of members) addEntry(draft, entry);
  }
  return { from, to: words.length };
}

/** One for each operator of the test, since any of them may accept the value. */
function entriesOf({ demanded: known }: Draft, candidate: Candidate): Entry[] | undefined {
  const { path, operators } = candidate.tests[0] as Test;
  const entries: Entry[] = [];
  for (const operator of operators) {
    const demanded = known.get(operator) ?? demandedBy(operator);
    known.set(operator, demanded);
    if (demanded === undefined) return undefined;
    entries.push({ group: (path << KIND_BITS) | demanded.kind, demanded, candidate });
  }
  return entries;
}

function addEntry({ words, operands, candidates }: Draft, { demanded, candidate }: Entry): void {
  const { tests, alternatives } = candidate;
  const alone = tests.length === 1 && alternatives.length === 1;
  words.push(demanded.key, demanded.mask, operands.length, alone ? (alternatives[0] as number) : -1);
  operands.push(demanded.operand);
  candidates.push(candidate);
}

/** Finds the places of the entries that the event's values pass; of fields with many values all entries, as ~place. */
export function findEntries(prefilter: Prefilter, from: number, to: number, values: EventValues, found: Found<number>) {
  const { words } = prefilter;
  let end = from;
  for (let group = from; group < to; group = end) {
    const value = values.value((words[group] as number) >> KIND_BITS);
    end = words[group + 1] as number;
    if (value === MANY) for (let at = group + HEADER; at < end; at += WIDTH) found.items[found.size++] = ~at;
    else if (value !== undefined) findInGroup(prefilter, group, value, found);
  }
}

function findInGroup({ words, operands }: Prefilter, group: number, value: Scalar, found: Found<number>): void {
  const kind = ((words[group] as number) & KINDS) as Kind;
  const end = words[group + 1] as number;
  if (!hasSignature(kind, value)) return;
  const signature = signatureOf(kind, value);
  for (let at = group + HEADER; at < end; at += WIDTH) {
    const key = words[at] as number;
    if (isRuledOut(kind, signature, key, words[at + 1] as number)) continue;
    if (isAccepted(kind, signature, key, value, operands[words[at + 2] as number] as Operand)) {
      found.items[found.size++] = at;
    }
  }
}

/** The alternative that an entry stands for alone, -1 where there are several, or more must hold. */
export function aloneAt({ words }: Prefilter, place: number): number {
  return words[place + 3] as number;
}

export function candidateAt({ words, candidates }: Prefilter, place: number): Candidate {
  return candidates[words[place + 2] as number] as Candidate;
}
