// Which conditional writes an op becomes. The first try assumes what nearly always holds (no expired row and no surplus
// part items in the way); once a failed condition has shown the item that is there, the plan is
// made for exactly that one.
import type { AttributeValue, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { Delete, Key, Op, Put } from "../port.ts";
import { encodePut, type Item, keyItem, liveVersion, partItem, partKey, partsOf } from "./item.ts";

/** All that may stand on an item beside key and version: what a put does not name is removed. */
const ATTRIBUTES = ["d", "parts", "q", "due", "e", "ttl", "g"];

interface Context {
  table: string;
  /** ms; the same for the whole commit. */
  now: number;
  /** Unique to the commit. */
  token: string;
}

type Values = Record<string, AttributeValue>;
interface Condition {
  text: string;
  values: Values;
}

/** The writes of one op; the first concerns the row itself, and it alone may fail on its condition. */
export function plan(op: Op, found: Item | undefined, context: Context): TransactWriteItem[] {
  if (op.op === "put") return planPut(op, found, context);
  if (op.op === "delete" && op.expect !== 0) return planDelete(op, found, context);
  const condition = expectation(op.expect ?? 0, context.now);
  return [{ ConditionCheck: { ...base(context.table, op), ...conditional(condition) } }];
}

function planPut(put: Put, found: Item | undefined, context: Context): TransactWriteItem[] {
  const { attributes, parts } = encodePut(put, context.token);
  const named = Object.keys(attributes);
  const absent = ATTRIBUTES.filter((name) => !named.includes(name));
  const { expression: version, values } = nextVersion(put, found, context.now);
  const condition = found ? exactly(found) : unseen(put, parts.length, context.now);
  const sets = ["#v = ".concat(version), ...named.map((name) => `#${name} = :${name}`)];
  const attributeValues = Object.fromEntries(named.map((name) => [`:${name}`, attributes[name] as AttributeValue]));
  const update = {
    ...base(context.table, put),
    UpdateExpression: `SET ${sets.join(", ")} REMOVE ${absent.map((name) => `#${name}`).join(", ")}`,
    ...conditional(condition, { ...attributeValues, ...values }, ["v", ...ATTRIBUTES]),
  };
  const written = parts.map((data, index) => ({
    Put: { TableName: context.table, Item: partItem(put, index, data, context.token) },
  }));
  return [{ Update: update }, ...written, ...deletedParts(put, parts.length, found, context)];
}

function planDelete(op: Delete, found: Item | undefined, context: Context): TransactWriteItem[] {
  const condition = found ? exactly(found) : unseen(op, 0, context.now);
  return [
    { Delete: { ...base(context.table, op), ...conditional(condition) } },
    ...deletedParts(op, 0, found, context),
  ];
}

/** Part items of the row as found, from `first` on. */
function deletedParts(key: Key, first: number, found: Item | undefined, { table }: Context): TransactWriteItem[] {
  const surplus = Math.max(0, partsOf(found) - first);
  return Array.from({ length: surplus }, (_, index) => ({
    Delete: { TableName: table, Key: keyItem(partKey(key, first + index)) },
  }));
}

function nextVersion(put: Put, found: Item | undefined, now: number): { expression: string; values: Values } {
  if (put.expect === undefined && found === undefined) {
    return { expression: "if_not_exists(#v, :zero) + :one", values: { ":zero": number(0), ":one": number(1) } };
  }
  return { expression: ":next", values: { ":next": number((put.expect ?? liveVersion(found, now)) + 1) } };
}

/**
 * Holds for the row as expected, with nothing in the way that needs another plan: an expired row,
 * more parts than `parts`.
 */
function unseen({ op, expect }: Put | Delete, parts: number, now: number): Condition {
  if (expect === 0) return { text: "attribute_not_exists(#pk)", values: {} };
  const few = { text: "(attribute_not_exists(#parts) OR #parts <= :few)", values: { ":few": number(parts) } };
  if (expect !== undefined) return both(expectation(expect, now), few);
  // A row that is deleted whatever it is may as well have expired.
  return op === "delete" ? few : both(live(now), few);
}

function expectation(expect: number, now: number): Condition {
  if (expect === 0) return { text: "(attribute_not_exists(#pk) OR #e <= :now)", values: { ":now": number(now) } };
  return both({ text: "#v = :expect", values: { ":expect": number(expect) } }, live(now));
}

function live(now: number): Condition {
  return { text: "(attribute_not_exists(#e) OR #e > :now)", values: { ":now": number(now) } };
}

/** Holds for the item as it was found, in all that the plan depends on. */
function exactly(found: Item): Condition {
  const condition = ["v", "e", "parts"].map((name): Condition => {
    const value = found[name];
    if (value === undefined) return { text: `attribute_not_exists(#${name})`, values: {} };
    return { text: `#${name} = :was_${name}`, values: { [`:was_${name}`]: value } };
  });
  return condition.reduce(both);
}

function both(one: Condition, other: Condition): Condition {
  return { text: `${one.text} AND ${other.text}`, values: { ...one.values, ...other.values } };
}

function base(table: string, key: Key) {
  return { TableName: table, Key: keyItem(key) };
}

/** The condition's fields of a request; names are aliased throughout, since several are reserved words. */
function conditional({ text, values }: Condition, more: Values = {}, names: readonly string[] = []) {
  const all = { ...more, ...values };
  const used = [...names, ...Array.from(text.matchAll(/#(\w+)/g), (match) => match[1] as string)];
  return {
    ConditionExpression: text,
    ExpressionAttributeNames: Object.fromEntries(used.map((name) => [`#${name}`, name])),
    ...(Object.keys(all).length > 0 ? { ExpressionAttributeValues: all } : {}),
    ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
  };
}

function number(value: number): AttributeValue {
  return { N: String(value) };
}
