// Holds a file that has rules against its schema, a few rules at a time: between them others have their turn.
import { setImmediate as turn } from "node:timers/promises";
import type * as z from "zod";
import { RuleEntry } from "../../model/files/rule-file.ts";
import type { Document } from "./document.ts";
import { ENOUGH, type Finding } from "./finding.ts";
import { field, itemsOf } from "./raw.ts";
import { type Validated, validate } from "./validate.ts";

/** Some milliseconds, also where each of them is wrong. */
const RULES_AT_ONCE = 100;

/** As `validate`; `frame` is the schema of all but the rules, which are in the value as they were read. */
export async function validateFile<T>(frame: z.ZodType<T>, document: Document): Promise<Validated<T>> {
  const { value, findings } = validate(frame, document.root, document, []);
  const all: Finding[] = [...findings];
  await turn();
  for (const [index, raw] of itemsOf(field(document.root, "rules")).entries()) {
    if (all.length >= ENOUGH) break;
    if (index % RULES_AT_ONCE === RULES_AT_ONCE - 1) await turn();
    all.push(...validate(RuleEntry, raw, document, ["rules", index]).findings);
  }
  return value === undefined || all.length > 0 ? { value: undefined, findings: all } : { value, findings: [] };
}
