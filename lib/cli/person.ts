// Who acts on alerts, and which alert is meant: what the commands of a person on call share.
import { type Environment, processEnvironment } from "../config/environment.ts";
import type { Alert } from "../model/alert.ts";
import { UsageError } from "./io.ts";

/** As --by says; else who the machine says it is. */
export function personOf(by: string | undefined, env: Environment = processEnvironment()): string {
  if (by !== undefined && by.trim() === "") throw new UsageError('--by "": expected a name');
  return by ?? (env["USER"] || env["LOGNAME"] || env["USERNAME"] || "somebody");
}

/** The only one whose id begins with `prefix`; `what` names them, `where` says how to list them. */
export function findById<T>(
  all: readonly T[],
  idOf: (one: T) => string,
  prefix: string,
  { what, where }: { what: string; where: string },
): T {
  if (prefix === "") throw new UsageError(`an id is empty: "${where}" lists every ${what}`);
  const found = all.filter((one) => idOf(one).startsWith(prefix));
  if (found.length === 1) return found[0]!;
  if (found.length > 1) throw new UsageError(`${found.length} ids of ${what}s begin with ${prefix}: give more of it`);
  throw new UsageError(`no ${what} has an id that begins with ${prefix}; "${where}" lists them`);
}

/** `1a2b3c4d deploy-failed: the summary` */
export function alertName({ id, rule, summary }: Pick<Alert, "id" | "rule" | "summary">): string {
  return `${id.slice(0, 8)} ${rule}: ${summary}`;
}
