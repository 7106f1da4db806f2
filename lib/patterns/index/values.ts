// Many operators on one field at once: from a value to the targets of those that accept it, without trying each.
import { IPV4_DIGITS, parseIp } from "../ip.ts";
import type { Operator, Scalar } from "../tree.ts";
import { identityOf, type ValueTest } from "../value.ts";
import { addTo, chain, chainTo, createHit, emit, type Found, type Hit } from "./hit.ts";
import { buildRanges, findRanges, type Range, type Ranges } from "./ranges.ts";
import { buildTextIndex, findTexts, type TextIndex, type TextOperator } from "./texts.ts";

/** What a target asks of a value: an operator, or a judge that no index can stand for. */
export interface Demand<T> {
  by: Operator | ValueTest;
  target: T;
}

/** Addresses by their digits, ranges of them by the number of digits. */
interface Addresses<T> {
  exact: Map<string, Hit<T>>;
  ranges: Map<number, Ranges<string, T>>;
}

export interface ValueIndex<T> {
  exact: Map<Scalar, Hit<T>> | undefined;
  texts: TextIndex<T> | undefined;
  numbers: Ranges<number, T> | undefined;
  addresses: Addresses<T> | undefined;
  /** Targets of every value, and those that must be asked. */
  rest: Hit<T> | undefined;
}

/** What goes into an index, gathered by the part of it that takes it. */
interface Gathered<T> {
  exact: Map<Scalar, Hit<T>>;
  texts: { operator: TextOperator; target: T }[];
  numbers: Range<number, T>[];
  addresses: Map<string, Hit<T>>;
  /** By the number of digits. */
  networks: Map<number, Range<string, T>[]>;
  rest: Hit<T> | undefined;
}

/** Indexes all operators but `anything-but`, which is no demand on a value but the lack of one. */
export function buildValueIndex<T>(demands: readonly Demand<T>[]): ValueIndex<T> {
  const gathered: Gathered<T> = {
    exact: new Map(),
    texts: [],
    numbers: [],
    addresses: new Map(),
    networks: new Map(),
    rest: undefined,
  };
  for (const { by, target } of demands) {
    if (typeof by === "function") gathered.rest = chain(createHit(target, undefined, by), gathered.rest);
    else gather(gathered, by, target);
  }
  const { exact, texts, numbers, addresses, networks, rest } = gathered;
  return {
    exact: exact.size > 0 ? exact : undefined,
    texts: texts.length > 0 ? buildTextIndex(texts) : undefined,
    numbers: numbers.length > 0 ? buildRanges(numbers) : undefined,
    addresses:
      addresses.size + networks.size > 0 ? { exact: addresses, ranges: mapValues(networks, buildRanges) } : undefined,
    rest,
  };
}

function gather<T>(gathered: Gathered<T>, operator: Operator, target: T): void {
  const identity = identityOf(operator);
  if (identity !== undefined) {
    chainTo(gathered.exact, identity.value, createHit(target));
    return;
  }
  switch (operator.op) {
    case "equals":
      chainTo(gathered.addresses, parseIp(String(operator.value)) as string, createHit(target));
      return;
    case "cidr":
      gatherNetwork(gathered.networks, operator, target);
      return;
    case "numeric":
      gathered.numbers.push({ ...operator, target });
      return;
    case "exists":
      if (operator.value) gathered.rest = chain(createHit(target), gathered.rest);
      return;
    case "exactly":
    case "anything-but":
      return;
    default:
      gathered.texts.push({ operator, target });
  }
}

function gatherNetwork<T>(
  networks: Map<number, Range<string, T>[]>,
  { low, high }: Extract<Operator, { op: "cidr" }>,
  target: T,
): void {
  addTo(networks, low.length, { low, lowOpen: false, high, highOpen: false, target });
  if (low.length === IPV4_DIGITS) return;
  // What of an IPv6 range an IPv4 address can decide (see isWithin).
  const [first, last] = [low.slice(0, IPV4_DIGITS), high.slice(0, IPV4_DIGITS)];
  addTo(networks, IPV4_DIGITS, { low: first, lowOpen: true, high: last, highOpen: true, target });
}

/** Finds the targets of all that accept the value, some of them maybe twice. */
export function findValue<T>(index: ValueIndex<T>, value: Scalar, found: Found<T>): void {
  const { exact, texts, numbers, addresses, rest } = index;
  const same = exact?.get(value);
  if (same !== undefined) emit(same, value, found);
  if (typeof value === "string") {
    if (texts !== undefined) findTexts(texts, value, found);
    if (addresses !== undefined) findAddress(addresses, value, found);
  } else if (typeof value === "number" && numbers !== undefined) {
    findRanges(numbers, value, found);
  }
  if (rest !== undefined) emit(rest, value, found);
}

function findAddress<T>({ exact, ranges }: Addresses<T>, text: string, found: Found<T>): void {
  const digits = parseIp(text);
  if (digits === undefined) return;
  for (const length of digits.length > IPV4_DIGITS ? [IPV4_DIGITS, digits.length] : [IPV4_DIGITS]) {
    const part = digits.slice(0, length);
    emit(exact.get(part), text, found);
    const family = ranges.get(length);
    if (family !== undefined) findRanges(family, part, found);
  }
}

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, change: (value: V) => W): Map<K, W> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
