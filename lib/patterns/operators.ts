// One entry of a field's list, from JSON to an operator; whatever the public event-ruler library
// refuses is refused here.
import { type Place, show } from "../model/place.ts";
import { PatternError } from "./error.ts";
import { parseCidr } from "./ip.ts";
import { finiteNumber, parseNumeric } from "./number.ts";
import { parseWildcard } from "./text.ts";
import type { Operator } from "./tree.ts";

const PARSERS: Record<string, (value: unknown, path: Place) => Operator> = {
  exactly: (value, path) => ({ op: "exactly", value: text(value, path) }),
  "equals-ignore-case": parseIgnoreCase,
  prefix: (value, path) => parseAffix("prefix", value, path),
  suffix: (value, path) => parseAffix("suffix", value, path),
  wildcard: (value, path) => ({
    op: "wildcard",
    value: text(value, path),
    parts: parseWildcard(text(value, path), path),
  }),
  "anything-but": parseAnythingBut,
  numeric: parseNumeric,
  exists: parseExists,
  cidr: parseCidr,
};

/** The words that stand for operators. */
export const OPERATOR_NAMES: readonly string[] = Object.keys(PARSERS);

/** Parses one entry of a field's list: a plain value or `{ operator: … }`; throws PatternError. */
export function parseOperator(entry: unknown, path: Place): Operator {
  if (typeof entry === "string" || typeof entry === "boolean" || entry === null) return { op: "equals", value: entry };
  if (typeof entry === "number") return { op: "equals", value: finiteNumber(entry, path) };
  if (typeof entry !== "object" || Array.isArray(entry)) {
    throw new PatternError(path, `must be a string, a number, true, false, null or an operator, not ${show(entry)}`);
  }
  const [name, value] = onlyEntry(entry, path, `an operator such as { "prefix": "a" }`);
  const parse = Object.hasOwn(PARSERS, name) ? PARSERS[name] : undefined;
  if (parse === undefined) {
    throw new PatternError([...path, name], `is no operator; there are ${OPERATOR_NAMES.join(", ")}`);
  }
  return parse(value, [...path, name]);
}

function onlyEntry(value: object, path: Place, example: string): [string, unknown] {
  const [entry, extra] = Object.entries(value);
  if (entry === undefined) throw new PatternError(path, `is empty: write ${example}`);
  if (extra !== undefined) {
    throw new PatternError(
      [...path, extra[0]],
      `only one key may stand here, and "${entry[0]}" already does: make it an entry of its own`,
    );
  }
  return entry;
}

function text(value: unknown, path: Place): string {
  if (typeof value === "string") return value;
  throw new PatternError(path, `must be a string, not ${show(value)}`);
}

function parseIgnoreCase(value: unknown, path: Place): Operator {
  return { op: "equals-ignore-case", value: text(value, path) };
}

function parseAffix(op: "prefix" | "suffix", value: unknown, path: Place): Operator {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { op, value: text(value, path), ignoreCase: false };
  }
  const [name, nested] = onlyEntry(value, path, `{ "equals-ignore-case": "a" }`);
  if (name !== "equals-ignore-case") {
    throw new PatternError([...path, name], `${op} takes a string or { "equals-ignore-case": "a" }`);
  }
  return { op, value: text(nested, [...path, name]), ignoreCase: true };
}

function parseExists(value: unknown, path: Place): Operator {
  if (typeof value !== "boolean") throw new PatternError(path, `must be true or false, not ${show(value)}`);
  return { op: "exists", value };
}

function parseAnythingBut(value: unknown, path: Place): Operator {
  if (typeof value !== "object" || value === null) return { op: "anything-but", none: [parseExcluded(value, path)] };
  if (Array.isArray(value)) {
    const none = Array.from(list(value, path), (item, index) => parseExcluded(item, [...path, index]));
    const mixed = value.findIndex((item) => typeof item !== typeof value[0]);
    if (mixed > 0)
      throw new PatternError([...path, mixed], "strings and numbers cannot be mixed here: make it two entries");
    return { op: "anything-but", none };
  }
  const [name, nested] = onlyEntry(value, path, `a value, a list of values or an operator such as { "prefix": "a" }`);
  const within = [...path, name];
  if (name !== "equals-ignore-case" && name !== "prefix" && name !== "suffix" && name !== "wildcard") {
    throw new PatternError(within, "anything-but takes values, equals-ignore-case, prefix, suffix or wildcard");
  }
  const parseOne = (item: unknown, at: Place): Operator => parseExcludedText(name, text(item, at), at);
  if (!Array.isArray(nested)) return { op: "anything-but", none: [parseOne(nested, within)] };
  const none = Array.from(list(nested, within), (item, index) => parseOne(item, [...within, index]));
  return { op: "anything-but", none };
}

function list(values: readonly unknown[], path: Place): readonly unknown[] {
  if (values.length === 0) throw new PatternError(path, "the list is empty");
  return values;
}

function parseExcluded(value: unknown, path: Place): Operator {
  if (typeof value === "string") return { op: "exactly", value };
  if (typeof value === "number") return { op: "equals", value: finiteNumber(value, path) };
  throw new PatternError(path, `anything-but takes strings or numbers, not ${show(value)}`);
}

function parseExcludedText(
  name: "equals-ignore-case" | "prefix" | "suffix" | "wildcard",
  value: string,
  path: Place,
): Operator {
  if (name === "wildcard") return { op: "wildcard", value, parts: parseWildcard(value, path) };
  if (name === "equals-ignore-case") return { op: name, value };
  if (value === "") throw new PatternError(path, `an empty ${name} would exclude every string`);
  return { op: name, value, ignoreCase: false };
}
