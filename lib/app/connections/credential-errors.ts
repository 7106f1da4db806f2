// Why a request is not made: in words for people.
import { CloudError } from "../../sources/cloud/client.ts";
import type { ConnectionRow } from "../persistence/rows.ts";

/** Nobody sees it: whoever has the connection goes on with the others. */
export function replacedError(connection: string): CloudError {
  return new CloudError("paused", `the credentials of connection "${connection}" were replaced`);
}

export function pausedError(connection: string, row: ConnectionRow): CloudError {
  const until = new Date(row.pausedUntil!).toISOString();
  const message = `connection "${connection}" is paused until ${until}: its credentials were refused (${row.error})`;
  return new CloudError("paused", message, { retryAt: row.pausedUntil! });
}

export function restingError(connection: string, row: ConnectionRow | undefined): CloudError {
  const message = `it was refused, and is asked for again once connection "${connection}" has had another answer (${row?.error})`;
  return new CloudError("credentials", message);
}
