// Takes the list out of an API's answer, loosely: what the list holds is judged item by item.
import type * as z from "zod";
import { CloudError } from "../cloud/client.ts";

/** Beyond so many times what was asked for an answer is no page any more. */
const EXCESS = 10;

/**
 * The array under `field` and the rest of the answer by its schema. An absent or null list is an empty one, as these
 * APIs write it, provided the answer has at least one field. Throws CloudError "malformed" for anything else, and for
 * far more rows than `limit`, as many as were asked for.
 */
export function listOf<T>(
  answer: unknown,
  field: string,
  schema: z.ZodType<T>,
  what: string,
  limit = Number.POSITIVE_INFINITY,
): { rows: unknown[]; head: T } {
  const head = schema.safeParse(answer);
  const list = head.success ? ((answer as Record<string, unknown>)[field] ?? []) : undefined;
  if (!head.success || !Array.isArray(list) || Object.keys(answer as object).length === 0) {
    throw new CloudError("malformed", `the answer to a request for ${what} has no list of ${field}`);
  }
  if (list.length > EXCESS * limit) {
    throw new CloudError("malformed", `${list.length} rows came where ${limit} ${what} were asked for`);
  }
  return { rows: list, head: head.data };
}
