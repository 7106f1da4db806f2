// Ids that come from outside and stand in the path of an address: one that could lead to another
// path is refused, all are encoded.

/** Real ids have 36 or so; the store takes keys of 1,024 bytes. */
const MAX_CHARACTERS = 256;

/**
 * Why the id can be no segment of a path; undefined where it can, once it is encoded. Servers take
 * `%2F` for a slash, too.
 */
export function segmentProblem(id: string): string | undefined {
  if (id === "") return "is empty";
  if (id === "." || id === "..") return "leads to another path";
  if (id.length > MAX_CHARACTERS) return `has more than ${MAX_CHARACTERS} characters`;
  if (id.includes("/") || id.includes("\\")) return "holds a slash";
  if (id.includes("%")) return 'holds a "%"';
  for (const char of id) if (char < " " || (char >= "\u007f" && char < "\u00a0")) return "holds a control character";
  return id.isWellFormed() ? undefined : "holds half of a character";
}
