// What was stored, without the secrets that were made known since: a rotated key, another configuration's.
import { redactedValue } from "../../model/printable.ts";
import { createTurns } from "../../sources/cloud/turns.ts";

/** Characters of JSON that are searched at once; attackers may fill them with what looks encoded. */
const PART = 4_096;

/** As `redactedValue`, part by part: between two of them others have their turn. */
export async function redactedStored<T>(stored: T, redact: (text: string) => string): Promise<T> {
  const turn = createTurns();
  async function redacted(value: unknown): Promise<unknown> {
    if (typeof value !== "object" || value === null || JSON.stringify(value).length <= PART) {
      await turn();
      return redactedValue(value, redact);
    }
    const parts: [string, unknown][] = [];
    for (const [name, part] of Object.entries(value)) parts.push([name, await redacted(part)]);
    return Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
  }
  return (await redacted(stored)) as T;
}
