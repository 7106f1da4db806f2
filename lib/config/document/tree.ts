// Plain values from parsed YAML, with the place of each: aliases are expanded within a fixed bound,
// text stays as written.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar } from "yaml";
import type { Place } from "../../model/place.ts";
import { ENOUGH } from "./finding.ts";
import { MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY } from "./parse.ts";
import { shownWord } from "./shown.ts";

/** Aliases repeat labels and patterns; they never make the most of a configuration. */
const MAX_REPEATED = 10_000;
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
  /** How many it has. */
  values: number;
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

/** The reading of one document. */
interface Reading {
  spots: Map<string, Spot>;
  problems: Problem[];
  tooMuch: Problem | undefined;
  anchors: Map<string, Node>;
  /** The lists and maps around the node that is being read. */
  open: Set<Node>;
  nodes: number;
  /** Of these, read through an alias. */
  repeated: number;
  /** Aliases around the node that is being read. */
  aliases: number;
}

export function readTree(yaml: Document.Parsed): Tree {
  const reading: Reading = {
    spots: new Map(),
    problems: [],
    tooMuch: undefined,
    anchors: new Map(),
    open: new Set(),
    nodes: 0,
    repeated: 0,
    aliases: 0,
  };
  const root = read(reading, yaml.contents as Node | null, [], undefined, 0);
  const { spots, problems, tooMuch, nodes: values } = reading;
  return {
    root,
    values,
    problems,
    tooMuch,
    offset: (place, part) => offsetOf(spots, place, part),
    written: (place) => spots.get(nameOf(place))?.written,
  };
}

function offsetOf(spots: ReadonlyMap<string, Spot>, place: Place, part: "key" | "value"): number {
  for (let length = place.length; length >= 0; length--) {
    const spot = spots.get(nameOf(place.slice(0, length)));
    if (spot === undefined) continue;
    return part === "key" || length < place.length ? (spot.key ?? spot.value) : spot.value;
  }
  return 0;
}

function read(reading: Reading, node: Node | null, place: Place, key: number | undefined, fallback: number): unknown {
  const offset = node?.range?.[0] ?? fallback;
  if (isTooMuch(reading, place, offset)) return null;
  reading.spots.set(nameOf(place), { key, value: offset });
  if (node === null) return null;
  if (isAlias(node)) return follow(reading, node.source, place, key, offset);
  if ("anchor" in node && node.anchor !== undefined) reading.anchors.set(node.anchor, node);
  if (isScalar(node)) return scalar(reading, node, place);
  reading.open.add(node);
  const value = collection(reading, node, place, offset);
  reading.open.delete(node);
  return value;
}

/** Counts the node, and says whether it is beyond a bound. */
function isTooMuch(reading: Reading, place: Place, offset: number): boolean {
  reading.nodes++;
  if (reading.aliases > 0) reading.repeated++;
  const message = excessOf(reading, place);
  if (message !== undefined) reading.tooMuch ??= { offset, place, message };
  return message !== undefined;
}

function excessOf({ nodes, repeated }: Reading, place: Place): string | undefined {
  if (place.length > MAX_DEPTH) return TOO_DEEP;
  if (nodes > MAX_VALUES) return TOO_MANY;
  return repeated > MAX_REPEATED ? TOO_OFTEN : undefined;
}

function follow(reading: Reading, name: string, place: Place, key: number | undefined, offset: number): unknown {
  const target = reading.anchors.get(name);
  if (target !== undefined && !reading.open.has(target)) {
    reading.aliases++;
    const value = read(reading, target, place, key, offset);
    reading.aliases--;
    return value;
  }
  // Unquoted, a secret may look like an alias: it is not repeated.
  if (target !== undefined) complain(reading, { offset, place, message: "this alias contains itself" });
  else {
    const hint = "quote a value that begins with *";
    complain(reading, { offset, place, message: "there is no anchor for this alias before it", hint });
  }
  return null;
}

function scalar({ spots }: Reading, node: Scalar, place: Place): unknown {
  const { value, source } = node;
  if (value === null || typeof value === "string") return value;
  const spot = spots.get(nameOf(place));
  if (spot && source !== undefined && node.type === Scalar.PLAIN) spot.written = source;
  return value;
}

function collection(reading: Reading, node: Node, place: Place, offset: number): unknown {
  if (isMap(node)) return map(reading, node.items, place, offset);
  if (!isSeq(node)) return null;
  return node.items.map((item, index) =>
    read(reading, (item ?? null) as Node | null, [...place, index], undefined, offset),
  );
}

function map(
  reading: Reading,
  items: readonly { key: unknown; value: unknown }[],
  place: Place,
  offset: number,
): unknown {
  const object: Record<string, unknown> = {};
  const names = new Set<string>();
  for (const pair of items) {
    const key = pair.key as Node | null;
    const at = key?.range?.[0] ?? offset;
    const name = keyText(key);
    if (name === undefined || name === "__proto__") {
      const hint = "quote a key that holds { or [";
      complain(reading, { offset: at, place, message: "a key must be plain text", hint });
      continue;
    }
    const own = [...place, name];
    if (names.has(name)) complain(reading, { offset: at, place: own, message: `${shownWord(name)} is given twice` });
    names.add(name);
    object[name] = read(reading, (pair.value ?? null) as Node | null, own, at, at);
  }
  return object;
}

function complain({ problems }: Reading, problem: Problem): void {
  if (problems.length < ENOUGH) problems.push(problem);
}

/** A key's text as written: `0123` is no number here either. */
function keyText(key: Node | null): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

function nameOf(place: Place): string {
  return JSON.stringify(place);
}
