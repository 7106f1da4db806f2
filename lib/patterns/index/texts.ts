// Many operators on text at once: beginnings, ends and wildcards of any case, each found by a literal that it demands.
import type { Operator } from "../tree.ts";
import { compileOperator } from "../value.ts";
import { buildGrams, findWildcards, type Grams, type Wildcard } from "./grams.ts";
import { chain, createHit, emit, type Found, type Hit } from "./hit.ts";
import { createTrie, findAffixes, insertAffix, type Trie } from "./trie.ts";

export type TextOperator = Extract<Operator, { op: "prefix" | "suffix" | "equals-ignore-case" | "wildcard" }>;

/**
 * So few wildcards are faster tried than found: a walk through the text costs as much as searching
 * it about eight times.
 */
const FEW = 8;

export interface TextIndex<T> {
  heads: Trie<T> | undefined;
  tails: Trie<T> | undefined;
  /** Of operators that know no case: looked up by the text in lower case. */
  lowHeads: Trie<T> | undefined;
  lowTails: Trie<T> | undefined;
  grams: Grams<T> | undefined;
  tried: Hit<T> | undefined;
}

export function buildTextIndex<T>(operators: readonly { operator: TextOperator; target: T }[]): TextIndex<T> {
  const index: TextIndex<T> = {
    heads: undefined,
    tails: undefined,
    lowHeads: undefined,
    lowTails: undefined,
    grams: undefined,
    tried: undefined,
  };
  const wildcards: Wildcard<T>[] = [];
  for (const { operator, target } of operators) {
    if (operator.op === "wildcard") {
      wildcards.push({ parts: operator.parts, target });
    } else if (operator.op === "equals-ignore-case" || operator.ignoreCase) {
      addIgnoringCase(index, operator.op, operator.value, createHit(target, undefined, compileOperator(operator)));
    } else if (operator.op === "prefix") addHead(index, operator.value, createHit(target));
    else addTail(index, operator.value, createHit(target));
  }
  addWildcards(index, wildcards);
  return index;
}

/** Finds the targets of all operators that accept the text, some of them maybe twice. */
export function findTexts<T>(index: TextIndex<T>, text: string, found: Found<T>): void {
  const { heads, tails, lowHeads, lowTails, grams, tried } = index;
  if (heads !== undefined) findAffixes(heads, text, text, false, found);
  if (tails !== undefined) findAffixes(tails, text, text, true, found);
  if (lowHeads !== undefined) findAffixes(lowHeads, text.toLowerCase(), text, false, found);
  if (lowTails !== undefined) findAffixes(lowTails, text.toLowerCase(), text, true, found);
  if (grams !== undefined) findWildcards(grams, text, found);
  if (tried !== undefined) emit(tried, text, found);
}

function addHead<T>(index: TextIndex<T>, text: string, hit: Hit<T>): void {
  index.heads ??= createTrie();
  insertAffix(index.heads, text, hit, false);
}

function addTail<T>(index: TextIndex<T>, text: string, hit: Hit<T>): void {
  index.tails ??= createTrie();
  insertAffix(index.tails, text, hit, true);
}

/** By its ASCII characters up to the first other one, whose cases may differ in length. */
function addIgnoringCase<T>(index: TextIndex<T>, op: TextOperator["op"], text: string, hit: Hit<T>): void {
  if (op === "suffix") {
    index.lowTails ??= createTrie();
    insertAffix(index.lowTails, (/[\0-\x7f]*$/.exec(text) as RegExpExecArray)[0].toLowerCase(), hit, true);
    return;
  }
  index.lowHeads ??= createTrie();
  insertAffix(index.lowHeads, (/^[\0-\x7f]*/.exec(text) as RegExpExecArray)[0].toLowerCase(), hit, false);
}

/** By its beginning or its end, where few others have the same; else by the rarest text within it. */
function addWildcards<T>(index: TextIndex<T>, wildcards: readonly Wildcard<T>[]): void {
  const heads = countEach(wildcards.map(({ parts }) => headOf(parts)));
  const tails = countEach(wildcards.map(({ parts }) => tailOf(parts)));
  const inner: Wildcard<T>[] = [];
  for (const wildcard of wildcards) {
    const { parts, target } = wildcard;
    const head = headOf(parts);
    const tail = tailOf(parts);
    const sameHead = head === "" ? Number.POSITIVE_INFINITY : (heads.get(head) as number);
    const sameTail = tail === "" ? Number.POSITIVE_INFINITY : (tails.get(tail) as number);
    if (parts.length === 2 && tail === "") addHead(index, head, createHit(target));
    else if (parts.length === 2 && head === "") addTail(index, tail, createHit(target));
    else if (Math.min(sameHead, sameTail) > FEW) inner.push(wildcard);
    else if (sameHead <= sameTail) addHead(index, head, createHit(target, parts));
    else addTail(index, tail, createHit(target, parts));
  }
  if (inner.length > FEW) index.grams = buildGrams(inner);
  else for (const { parts, target } of inner) index.tried = chain(createHit(target, parts), index.tried);
}

function headOf(parts: readonly string[]): string {
  return parts[0] as string;
}

function tailOf(parts: readonly string[]): string {
  return parts[parts.length - 1] as string;
}

function countEach(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
