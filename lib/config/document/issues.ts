// A schema's complaints in words for people, each at its place in the file; of a choice only the
// nearest branch complains.
import type * as z from "zod";
import type { Place } from "../../model/place.ts";
import type { Document } from "./document.ts";
import { ENOUGH, type Finding, findIn, findingAt } from "./finding.ts";
import { isOptionalAt, keysAt } from "./known-keys.ts";
import { partAt } from "./raw.ts";
import { shownWord } from "./shown.ts";
import { aboutUnknownKey, didYouMean, nearest } from "./words.ts";

type Issue = z.core.$ZodIssue;

interface Context {
  schema: z.ZodType;
  otherKeys: readonly string[];
  document: Document;
  /** Where the validated value stands in the document. */
  place: Place;
  root: unknown;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

export function issueFindings(issues: readonly Issue[], context: Context): Finding[] {
  const flat = likeliestIssues(issues.slice(0, ENOUGH));
  const meant = new Set<string>();
  const unknown = findIn(flat, (issue) =>
    issue.code === "unrecognized_keys" ? unknownKeys(issue, context, meant) : [],
  );
  const others = findIn(flat, (issue) => {
    // Whoever wrote `whn` has not forgotten `when`.
    if (issue.code === "unrecognized_keys" || meant.has(JSON.stringify(issue.path))) return [];
    return [describe(issue, context)];
  });
  return [...unknown, ...others];
}

/** Issues with paths from the validated value; of a union those of its likeliest branch. */
export function likeliestIssues(issues: readonly Issue[], base: Place = []): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const path = [...base, ...issue.path];
    if (issue.code !== "invalid_union") return [{ ...issue, path } as Issue];
    // A choice by `type` that names none of its branches.
    if ("options" in issue) return [{ code: "invalid_value", values: issue.options, path, message: "" } as Issue];
    const branches = issue.errors.map((branch) => likeliestIssues(branch, path as Place));
    const [likeliest] = branches.sort((a, b) => unlikeliness(a, path.length) - unlikeliness(b, path.length));
    return likeliest ?? [{ ...issue, path } as Issue];
  });
}

/** A branch whose very kind is wrong says least; then unknown keys count more than what is missing or malformed. */
function unlikeliness(issues: readonly Issue[], depth: number): number {
  let sum = 0;
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") sum += 2 * issue.keys.length;
    else sum += issue.code === "invalid_type" && issue.path.length === depth ? 100 : 1;
  }
  return sum;
}

function unknownKeys(issue: Issue & { code: "unrecognized_keys" }, context: Context, meant: Set<string>): Finding[] {
  const { schema, document, place } = context;
  const known = [...keysAt(schema, issue.path as Place), ...(issue.path.length === 0 ? context.otherKeys : [])];
  return issue.keys.slice(0, ENOUGH).map((key) => {
    const at = [...place, ...(issue.path as Place)];
    if (known.includes(key)) return misplaced(key, issue, context);
    const [message, hint] = aboutUnknownKey(key, at, known);
    const near = hint === undefined ? undefined : known.find((word) => hint.includes(`"${word}"`));
    if (near !== undefined) meant.add(JSON.stringify([...issue.path, near]));
    const location = document.locate([...at, key], "key");
    if (mayBeSecret(at, partAt(context.root, [...(issue.path as Place), key]))) {
      return findingAt(location, at, "a key that is unknown here, and has no value", hint);
    }
    return findingAt(location, [...at, key], message, hint);
  });
}

/** A key that is known, but not beside the others: each of several forms has its own. */
function misplaced(key: string, issue: Issue & { code: "unrecognized_keys" }, context: Context): Finding {
  const path = issue.path as Place;
  const at = [...context.place, ...path, key];
  const holder = partAt(context.root, path) as Readonly<Record<string, unknown>>;
  const type = holder["type"];
  const other = Object.keys(holder).find((one) => one !== key && !issue.keys.includes(one)) ?? "";
  const [beside, hint] =
    typeof type === "string"
      ? [`with "type: ${type}"`, `leave out "${key}", or take another type`]
      : [`beside "${other}"`, `leave out "${key}" or "${other}"`];
  return findingAt(context.document.locate(at, "key"), at, `"${key}" cannot stand ${beside}`, hint);
}

/** `password:hunter2`, where a space is missing, is a key without a value: it is not repeated. */
function mayBeSecret([section]: Place, value: unknown): boolean {
  return value === null && ["connections", "channels", "health"].includes(String(section));
}

function describe(issue: Issue, context: Context): Finding {
  const at = [...context.place, ...(issue.path as Place)];
  const key = at.findLast((step) => typeof step === "string");
  const name = key === undefined ? `"${context.document.file}"` : shownWord(key);
  const item = typeof at.at(-1) === "number" ? `an item of ${name}` : name;
  const value = partAt(context.root, issue.path as Place);
  const say = (part: "key" | "value", message: string, hint?: string): Finding =>
    findingAt(context.document.locate(at, part), at, message, hint);
  if (issue.code === "invalid_key") return say("key", `${item} ${complaint(issue)}`);
  if (value === undefined) return say("key", `the key ${name} is missing`, choices(issue));
  if (value === null) {
    const out = isOptionalAt(context.schema, issue.path as Place) ? ", or leave it out" : "";
    return say("key", `${item} is empty`, `write ${wanted(issue)}${out}`);
  }
  const near = issue.code === "invalid_value" ? nearest(String(value), issue.values.map(String)) : undefined;
  return say("value", `${item} ${complaint(issue)}`, near === undefined ? undefined : didYouMean(near));
}

function complaint(issue: Issue): string {
  const own = /^($|Invalid |Too |Unrecognized )/.test(issue.message) ? undefined : issue.message;
  const said = issue.code === "invalid_key" ? issue.issues[0]?.message : own;
  if (said !== undefined)
    return /^(must|is|has|holds) /.test(said) ? said : /^an? /.test(said) ? `must be ${said}` : `is wrong: ${said}`;
  if (issue.code === "too_small") {
    return issue.origin === "array" || issue.origin === "string"
      ? "must not be empty"
      : `must be at least ${issue.minimum}`;
  }
  if (issue.code === "too_big") return `must be at most ${issue.maximum}`;
  return `must be ${wanted(issue)}`;
}

function wanted(issue: Issue): string {
  if (issue.code === "invalid_value")
    return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(", ")}`;
  if (issue.code === "invalid_type") return EXPECTED[issue.expected] ?? issue.expected;
  return "a value";
}

function choices(issue: Issue): string | undefined {
  return issue.code === "invalid_value" && issue.values.length > 1 ? `it is ${wanted(issue)}` : undefined;
}
