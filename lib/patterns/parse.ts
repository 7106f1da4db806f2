// A pattern from JSON to its tree: fields are flattened to dotted paths and `$or` is multiplied
// out, within fixed bounds.
import { type Place, show } from "../model/place.ts";
import { PatternError } from "./error.ts";
import { OPERATOR_NAMES, parseOperator } from "./operators.ts";
import type { FieldTest, PatternTree } from "./tree.ts";

const MAX_DEPTH = 100;
/**
 * Amazon EventBridge allows as many: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
const MAX_ALTERNATIVES = 1000;
/** The limit of the public event-ruler library. */
const MAX_FIELDS = 256;

/** Words that may not be fields inside `$or`, where they would look like operators; some are kept for the future. */
const RESERVED = new Set([
  ...OPERATOR_NAMES,
  ...["=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case"],
  ...["date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"],
  ...["ip-address-in-range", "ip-address-not-in-range"],
]);

/** Field tests by path, in one alternative: of two tests for one path the later counts. */
type Draft = Map<string, FieldTest>;

interface Scope {
  /** Dotted path of the object's fields within the event, "" at the root. */
  field: string;
  path: Place;
  depth: number;
  insideOr: boolean;
}

/** Parses a pattern; throws PatternError with the place and the reason where it is invalid. */
export function parsePattern(pattern: unknown): PatternTree {
  const drafts = parseObject(pattern, [new Map()], { field: "", path: [], depth: 0, insideOr: false });
  return {
    alternatives: drafts.map((draft) => [...draft.values()].sort((a, b) => (a.path < b.path ? -1 : 1))),
  };
}

function parseObject(value: unknown, drafts: Draft[], scope: Scope): Draft[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new PatternError(scope.path, `must be an object of fields, not ${show(value)}`);
  }
  if (scope.depth > MAX_DEPTH) throw new PatternError([], `is nested more than ${MAX_DEPTH} levels deep`);
  const entries = Object.entries(value);
  if (entries.length === 0) throw new PatternError(scope.path, "is empty: name at least one field");
  let current = drafts;
  for (const [key, child] of entries) {
    current = key === "$or" ? parseOr(child, current, scope) : parseField(key, child, current, scope);
  }
  return current;
}

function parseField(key: string, value: unknown, drafts: Draft[], scope: Scope): Draft[] {
  const path = [...scope.path, key];
  if (scope.insideOr && RESERVED.has(key)) {
    throw new PatternError(path, "is a word of the pattern language and cannot be a field inside $or");
  }
  const field = scope.field === "" ? key : `${scope.field}.${key}`;
  if (Array.isArray(value)) return addTest(field, value, drafts, path);
  if (typeof value === "object" && value !== null) {
    return parseObject(value, drafts, { ...scope, field, path, depth: scope.depth + 1 });
  }
  if (OPERATOR_NAMES.includes(key)) {
    throw new PatternError(path, `an operator is an entry of a field's list: write [{ "${key}": ${show(value)} }]`);
  }
  throw new PatternError(path, `takes a list of values or an object of fields: write [${show(value)}]`);
}

function addTest(field: string, values: readonly unknown[], drafts: Draft[], path: Place): Draft[] {
  if (values.length === 0) throw new PatternError(path, "the list is empty, so nothing could match");
  // Not map, which passes over holes.
  const operators = Array.from(values, (value, index) => parseOperator(value, [...path, index]));
  const test = { path: field, operators };
  for (const draft of drafts) {
    draft.set(field, test);
    if (draft.size > MAX_FIELDS) throw new PatternError([], `names more than ${MAX_FIELDS} fields`);
  }
  return drafts;
}

function parseOr(value: unknown, drafts: Draft[], scope: Scope): Draft[] {
  const path = [...scope.path, "$or"];
  if (!Array.isArray(value)) throw new PatternError(path, `must be a list of at least two objects, not ${show(value)}`);
  if (value.length < 2) throw new PatternError(path, "must be a list of at least two objects");
  const result: Draft[] = [];
  for (const [index, branch] of value.entries()) {
    const copies = drafts.map((draft) => new Map(draft));
    const within = { ...scope, path: [...path, index], depth: scope.depth + 1, insideOr: true };
    result.push(...parseObject(branch, copies, within));
    if (result.length > MAX_ALTERNATIVES) {
      throw new PatternError(path, `the alternatives multiply to more than ${MAX_ALTERNATIVES}: split the pattern`);
    }
  }
  return result;
}
