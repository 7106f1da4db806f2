// Many prefixes (or suffixes) at once: a tree of their common beginnings (or ends), walked along the text as far as it leads.
import { emit, type Found, type Hit } from "./pattern-index-hit.ts";

/** `label` is the text between the parent and this node; `codes` are the sorted first units of the children's labels. */
interface TrieNode<T> {
  label: string;
  hits: Hit<T>[];
  codes: number[];
  children: TrieNode<T>[];
}

/** A trie of suffixes holds them reversed, and reads texts from their end. */
export interface Trie<T> {
  root: TrieNode<T>;
  backward: boolean;
}

export function createTrie<T>(backward: boolean): Trie<T> {
  return { root: leaf("", []), backward };
}

export function insertAffix<T>({ root, backward }: Trie<T>, affix: string, hit: Hit<T>): void {
  const text = backward ? affix.split("").reverse().join("") : affix;
  let node = root;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const slot = slotOf(node.codes, code);
    const child = node.children[slot];
    if (child === undefined || node.codes[slot] !== code) {
      node.codes.splice(slot, 0, code);
      node.children.splice(slot, 0, leaf(text.slice(at), [hit]));
      return;
    }
    const shared = commonLength(child.label, text, at, false);
    if (shared < child.label.length) {
      const rest = { ...child, label: child.label.slice(shared) };
      node.children[slot] = {
        label: child.label.slice(0, shared),
        hits: [],
        codes: [rest.label.charCodeAt(0)],
        children: [rest],
      };
    }
    at += shared;
    node = node.children[slot] as TrieNode<T>;
  }
  node.hits.push(hit);
}

/** Finds the targets of all affixes that the text has; `value` is what their hits judge. */
export function findAffixes<T>({ root, backward }: Trie<T>, text: string, value: string, found: Found<T>): void {
  let node = root;
  let at = 0;
  for (;;) {
    if (node.hits.length > 0) emit(node.hits, value, found);
    if (at === text.length || node.codes.length === 0) return;
    const code = text.charCodeAt(backward ? text.length - 1 - at : at);
    const slot = slotOf(node.codes, code);
    if (node.codes[slot] !== code) return;
    node = node.children[slot] as TrieNode<T>;
    if (commonLength(node.label, text, at, backward) < node.label.length) return;
    at += node.label.length;
  }
}

function leaf<T>(label: string, hits: Hit<T>[]): TrieNode<T> {
  return { label, hits, codes: [], children: [] };
}

/** The place of the code in the sorted list, or where it would be. */
function slotOf(codes: readonly number[], code: number): number {
  let low = 0;
  let high = codes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((codes[middle] as number) < code) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many units of the label the text has from `at` on, counted from its end where it is read backward. */
function commonLength(label: string, text: string, at: number, backward: boolean): number {
  const most = Math.min(label.length, text.length - at);
  let length = 0;
  if (backward) {
    const last = text.length - 1 - at;
    while (length < most && label.charCodeAt(length) === text.charCodeAt(last - length)) length++;
  } else while (length < most && label.charCodeAt(length) === text.charCodeAt(at + length)) length++;
  return length;
}
