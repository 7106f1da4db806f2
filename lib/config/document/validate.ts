// Holds a part of a document against its schema; text that YAML took for a number or boolean counts as it was written.
import type * as z from "zod";
import type { Place } from "../../model/place.ts";
import type { Document } from "./document.ts";
import type { Finding } from "./finding.ts";
import { issueFindings } from "./issues.ts";

export type Validated<T> = { value: T; findings: [] } | { value: undefined; findings: Finding[] };

/**
 * Checks `input`, which stands at `place` of the document, and changes numbers in it to their text where the schema
 * wants text: `0123` stays `0123`. `otherKeys` are those that may stand beside the schema's at its root.
 */
export function validate<T>(
  schema: z.ZodType<T>,
  input: unknown,
  document: Document,
  place: Place,
  otherKeys: readonly string[] = [],
): Validated<T> {
  const holder = { input };
  for (;;) {
    // Once for each start: code of its own for each schema would take longer to make than it saves.
    const result = schema.safeParse(holder.input, { jitless: true });
    if (result.success) return { value: result.data, findings: [] };
    const { issues } = result.error;
    const restored = wantedAsText(issues, []).filter((path) =>
      restore(holder, path, document.written([...place, ...path])),
    );
    if (restored.length === 0) {
      return {
        value: undefined,
        findings: issueFindings(issues, { schema, otherKeys, document, place, root: holder.input }),
      };
    }
  }
}

function wantedAsText(issues: readonly z.core.$ZodIssue[], base: Place): Place[] {
  return issues.flatMap((issue): Place[] => {
    const path = [...base, ...(issue.path as Place)];
    if (issue.code === "invalid_union") return issue.errors.flatMap((branch) => wantedAsText(branch, path));
    return issue.code === "invalid_type" && issue.expected === "string" ? [path] : [];
  });
}

/** Puts the written text at `path`; false where there is none or it stands there already. */
function restore(holder: { input: unknown }, path: Place, written: string | undefined): boolean {
  if (written === undefined) return false;
  let parent: unknown = holder;
  for (const step of ["input", ...path].slice(0, -1)) parent = (parent as Record<string | number, unknown>)[step];
  const last = ["input", ...path].at(-1) as string | number;
  const fields = parent as Record<string | number, unknown>;
  if (typeof fields[last] === "string") return false;
  fields[last] = written;
  return true;
}
