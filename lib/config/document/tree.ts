// Plain values from parsed YAML, with the place of each: aliases are expanded within a fixed bound, text stays as written.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar } from "yaml";
import type { Place } from "../../model/place.ts";
import { ENOUGH } from "./finding.ts";
import { MAX_DEPTH, TOO_DEEP, TOO_MANY } from "./parse.ts";
import { shownWord } from "./shown.ts";

/**
 * Far beyond any configuration; what aliases multiply into more is refused. Of a list in which more than 100,000 items are wrong,
 * zod would make one call with as many arguments, for which there is no room on the stack.
 */
const MAX_NODES = 60_000;
/** Aliases repeat labels and patterns; they never make the most of a configuration. */
const MAX_REPEATED = 20_000;
const TOO_OFTEN = "aliases repeat too many values";

export interface Problem {
  offset: number;
  place: Place;
  message: string;
  hint?: string;
}

export interface Tree {
  root: unknown;
  problems: Problem[];
  /** Set where the document is beyond all bounds; the root then holds only a part of it. */
  tooMuch: Problem | undefined;
  /** Where a place's key or value begins in the text, or that of the nearest place around it. */
  offset(place: Place, part: "key" | "value"): number;
  written(place: Place): string | undefined;
}

interface Spot {
  key: number | undefined;
  value: number;
  written?: string;
}

export function readTree(yaml: Document.Parsed): Tree {
  const spots = new Map<string, Spot>();
  const problems: Problem[] = [];
  const anchors = new Map<string, Node>();
  const open = new Set<Node>();
  let nodes = 0;
  let repeated = 0;
  let aliases = 0;
  let tooMuch: Problem | undefined;
  const complain = (problem: Problem): void => {
    if (problems.length < ENOUGH) problems.push(problem);
  };

  function read(node: Node | null, place: Place, key: number | undefined, fallback: number): unknown {
    const offset = node?.range?.[0] ?? fallback;
    nodes++;
    if (aliases > 0) repeated++;
    if (nodes > MAX_NODES || repeated > MAX_REPEATED || place.length > MAX_DEPTH) {
      const message = place.length > MAX_DEPTH ? TOO_DEEP : nodes > MAX_NODES ? TOO_MANY : TOO_OFTEN;
      tooMuch ??= { offset, place, message };
      return null;
    }
    spots.set(nameOf(place), { key, value: offset });
    if (node === null) return null;
    if (isAlias(node)) return follow(node.source, place, key, offset);
    if ("anchor" in node && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isScalar(node)) return scalar(node, place);
    open.add(node);
    const value = isMap(node) ? map(node.items, place, offset) : isSeq(node) ? list(node.items, place, offset) : null;
    open.delete(node);
    return value;
  }

  function follow(name: string, place: Place, key: number | undefined, offset: number): unknown {
    const target = anchors.get(name);
    if (target !== undefined && !open.has(target)) {
      aliases++;
      const value = read(target, place, key, offset);
      aliases--;
      return value;
    }
    // Unquoted, a secret may look like an alias: it is not repeated.
    const message = target === undefined ? "there is no anchor for this alias before it" : "this alias contains itself";
    complain({
      offset,
      place,
      message,
      ...(target === undefined ? { hint: "quote a value that begins with *" } : {}),
    });
    return null;
  }

  function scalar(node: Scalar, place: Place): unknown {
    const { value, source } = node;
    if (value === null || typeof value === "string") return value;
    const spot = spots.get(nameOf(place));
    if (spot && source !== undefined && node.type === Scalar.PLAIN) spot.written = source;
    return value;
  }

  function map(items: readonly { key: unknown; value: unknown }[], place: Place, offset: number): unknown {
    const object: Record<string, unknown> = {};
    const lines = new Map<string, number>();
    for (const pair of items) {
      const key = pair.key as Node | null;
      const at = key?.range?.[0] ?? offset;
      const name = keyText(key);
      if (name === undefined || name === "__proto__") {
        complain({
          offset: at,
          place,
          message: "a key must be plain text",
          hint: "quote a key that holds { or [",
        });
        continue;
      }
      if (lines.has(name))
        complain({ offset: at, place: [...place, name], message: `${shownWord(name)} is given twice` });
      lines.set(name, at);
      object[name] = read((pair.value ?? null) as Node | null, [...place, name], at, at);
    }
    return object;
  }

  function list(items: readonly unknown[], place: Place, offset: number): unknown {
    return items.map((item, index) => read((item ?? null) as Node | null, [...place, index], undefined, offset));
  }

  const root = read(yaml.contents as Node | null, [], undefined, 0);
  return {
    root,
    problems,
    tooMuch,
    offset(place, part) {
      for (let length = place.length; length >= 0; length--) {
        const spot = spots.get(nameOf(place.slice(0, length)));
        if (spot === undefined) continue;
        return part === "key" || length < place.length ? (spot.key ?? spot.value) : spot.value;
      }
      return 0;
    },
    written: (place) => spots.get(nameOf(place))?.written,
  };
}

/** A key's text as written: `0123` is no number here either. */
function keyText(key: Node | null): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

function nameOf(place: Place): string {
  return JSON.stringify(place);
}
