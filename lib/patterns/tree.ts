// What a parsed pattern is made of: alternatives of field tests, plain data that matchers, linters and explainers walk.

/** A JSON value without parts. */
export type Scalar = string | number | boolean | null;

/** One entry of a field's list. */
export type Operator =
  /** A value as written in the list; a string that is an IP address also matches its other spellings. */
  | { op: "equals"; value: Scalar }
  | { op: "exactly"; value: string }
  | { op: "equals-ignore-case"; value: string }
  | { op: "prefix" | "suffix"; value: string; ignoreCase: boolean }
  /** `parts` are the literal texts between the stars, escapes resolved. */
  | { op: "wildcard"; value: string; parts: readonly string[] }
  | { op: "numeric"; low: number; lowOpen: boolean; high: number; highOpen: boolean }
  | { op: "exists"; value: boolean }
  /** `low` and `high` are the first and last address as hexadecimal digits of equal length. */
  | { op: "cidr"; value: string; low: string; high: string }
  /** Matches every value that none of `none` matches. */
  | { op: "anything-but"; none: readonly Operator[] };

/** One field and what it may be: any one of the operators. */
export interface FieldTest {
  /** Keys joined by dots, as `resource.id`. */
  path: string;
  operators: readonly Operator[];
}

/**
 * An event matches when all field tests of one alternative hold; `$or` is multiplied out, fields are sorted by path.
 */
export interface PatternTree {
  alternatives: readonly (readonly FieldTest[])[];
}
