// What a connection's row says of its credentials, how an answer changes that, and why a request is not made.
import { CloudError } from "../../sources/cloud/client.ts";
import type { ConnectionRow, RefusedCredentials } from "../persistence/rows.ts";
import { accepts, isSuspect, suspects } from "./suspects.ts";

const PAUSE_MS = 600_000;
const MAX_PAUSE_MS = 21_600_000;
/** So many refused ones are remembered after others took their place, and for so long after their rest. ms */
const REMEMBERED = 5;
const REMEMBERED_MS = MAX_PAUSE_MS;

/** Of which resource an answer came, and what was known of the credentials when the request began. */
export interface Asked {
  about: string | undefined;
  /** How many refusals there had been in this process. */
  began: number;
  wereProven: boolean;
}

export function freshRow(fingerprint: string): ConnectionRow {
  return { fingerprint, proven: false, refusals: 0, tried: null, pausedUntil: null, error: null };
}

/** What is known of these credentials where the row may be about others. */
export function rowOf(fingerprint: string, row: ConnectionRow, now: number): ConnectionRow {
  if (row.fingerprint === fingerprint) return row;
  const all = [...(row.refusedBefore ?? []), ...(row.refusals > 0 ? [refusedNow(row, now)] : [])];
  const known = all.filter(({ pausedUntil }) => pausedUntil > now - REMEMBERED_MS);
  const own = known.find((one) => one.fingerprint === fingerprint);
  const refusedBefore = known.filter((one) => one !== own).slice(-REMEMBERED);
  return { ...freshRow(fingerprint), ...own, ...(refusedBefore.length > 0 && { refusedBefore }) };
}

function refusedNow({ fingerprint, refusals, pausedUntil, error }: ConnectionRow, now: number): RefusedCredentials {
  return { fingerprint, refusals, pausedUntil: pausedUntil ?? now, error };
}

export function isPaused(row: ConnectionRow | undefined, now: number): boolean {
  return (row?.pausedUntil ?? 0) > now;
}

/**
 * The row after a refusal. A second one in a row rests the connection; those still under way when it rests make it no
 * longer. It is of another resource, or of the same one where nobody else was to go first. That a suspect is refused
 * again, although the credentials had been proven meanwhile, is no news: others only have to prove them anew. `isLate`:
 * it was asked before an earlier refusal.
 */
export function afterRefusal(
  row: ConnectionRow,
  error: CloudError,
  { about, wereProven }: Asked,
  isLate: boolean,
  now: number,
): ConnectionRow {
  const doubtful = suspects(row, about, now);
  if (isPaused(row, now)) return doubtful;
  const doubted = { ...doubtful, proven: false, error: error.message, tried: null };
  if (isSuspect(row, about) && (wereProven || isLate)) return doubted;
  const refusals = row.refusals + 1;
  const pause = Math.min(PAUSE_MS * 2 ** Math.max(0, refusals - 2), MAX_PAUSE_MS);
  return { ...doubted, refusals, pausedUntil: refusals >= 2 ? now + pause : null };
}

export function afterProof(row: ConnectionRow, about: string | undefined): ConnectionRow {
  return { ...accepts(row, about), proven: true, refusals: 0, error: null, tried: null, pausedUntil: null };
}

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
