// Many prefixes (or suffixes) at once: a tree of their common beginnings (or ends), walked along
// the text as far as it leads.
import { chain, emit, type Found, type Hit } from "./hit.ts";

/** A node of the tree, which is its root's. A trie of suffixes holds them reversed, and reads texts from their end. */
export interface Trie<T> {
  /** The text between the parent and this node. */
  label: string;
  hits: Hit<T> | undefined;
  /** The first characters of the children's labels. */
  firsts: string;
  children: Trie<T>[] | undefined;
}

export function createTrie<T>(): Trie<T> {
  return leaf("", undefined);
}

export function insertAffix<T>(trie: Trie<T>, affix: string, hit: Hit<T>, backward: boolean): void {
  const text = backward ? affix.split("").reverse().join("") : affix;
  let node = trie;
  let at = 0;
  while (at < text.length) {
    const slot = node.firsts.indexOf(text.charAt(at));
    if (slot < 0) {
      node.firsts += text.charAt(at);
      node.children ??= [];
      node.children.push(leaf(text.slice(at), hit));
      return;
    }
    const children = node.children as Trie<T>[];
    const child = children[slot] as Trie<T>;
    const shared = commonLength(child.label, text, at, false);
    if (shared < child.label.length) {
      const rest = { ...child, label: child.label.slice(shared) };
      const label = child.label.slice(0, shared);
      children[slot] = { label, hits: undefined, firsts: rest.label.charAt(0), children: [rest] };
    }
    at += shared;
    node = children[slot] as Trie<T>;
  }
  node.hits = chain(hit, node.hits);
}

/** Finds the targets of all affixes that the text has; `value` is what their hits judge. */
export function findAffixes<T>(trie: Trie<T>, text: string, value: string, backward: boolean, found: Found<T>): void {
  let node = trie;
  let at = 0;
  for (;;) {
    if (node.hits !== undefined) emit(node.hits, value, found);
    if (at === text.length || node.children === undefined) return;
    const slot = node.firsts.indexOf(text.charAt(backward ? text.length - 1 - at : at));
    if (slot < 0) return;
    node = node.children[slot] as Trie<T>;
    if (commonLength(node.label, text, at, backward) < node.label.length) return;
    at += node.label.length;
  }
}

function leaf<T>(label: string, hits: Hit<T> | undefined): Trie<T> {
  return { label, hits, firsts: "", children: undefined };
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
