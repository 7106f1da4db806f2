// Signing secrets of services that take one signature: while one secret replaces another, tries take turns.
import * as z from "zod";

const Secret = z.string().min(1);

export const Secrets = z.union([Secret, z.array(Secret).min(1)]).optional();

interface Signing {
  secret?: string | string[] | undefined;
}

/** The secret of a try, the first one first. */
export function secretOf({ secret }: Signing, attempt: number): string | undefined {
  const all = [secret ?? []].flat();
  return all[(attempt - 1) % all.length];
}

/** Whether the next try has another secret. */
export function hasSeveral(options: Signing | undefined): boolean {
  return Array.isArray(options?.secret) && options.secret.length > 1;
}
