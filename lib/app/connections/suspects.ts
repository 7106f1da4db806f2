// Resources that were refused when they were last asked for: whether that says anything about the
// credentials, others show.
import type { ConnectionRow } from "../persistence/rows.ts";

/** So many are remembered: the latest. */
const REMEMBERED = 50;
/**
 * So long a suspect waits for others to go first. Longer than most sources' interval: they may be
 * asked for that seldom. ms
 */
const REST_MS = 3_600_000;
/** So many that have proven the credentials are remembered: one may become a suspect. */
const PROVERS = 2;

export function isSuspect(row: ConnectionRow | undefined, about: string | undefined): boolean {
  return suspectIn(row, about) !== undefined;
}

/** Whether it is not to be asked for now where others are: nothing has proven the credentials since it was refused. */
export function isResting(row: ConnectionRow, about: string | undefined, now: number): boolean {
  const suspect = suspectIn(row, about);
  return suspect !== undefined && !row.proven && Math.abs(now - suspect.at) < REST_MS;
}

/** The row once this was refused. */
export function suspects(row: ConnectionRow, about: string | undefined, at: number): ConnectionRow {
  if (about === undefined) return row;
  return { ...row, suspects: [...without(row, about), { about, at }].slice(-REMEMBERED) };
}

/** The row once this was accepted. */
export function accepts(row: ConnectionRow, about: string | undefined): ConnectionRow {
  if (about === undefined) return row;
  const left = without(row, about);
  const provers = (row.provenBy ?? []).filter((one) => !left.some((suspect) => suspect.about === one));
  const provenBy = provers.includes(about) ? provers : [...provers, about].slice(0, PROVERS);
  return { ...row, suspects: left, provenBy };
}

/** Whether the row has nothing to learn from its being accepted. */
export function hasProven(row: ConnectionRow | undefined, about: string | undefined): boolean {
  if (about === undefined) return true;
  const { provenBy = [] } = row ?? {};
  return !isSuspect(row, about) && (provenBy.includes(about) || provenBy.length >= PROVERS);
}

function suspectIn(row: ConnectionRow | undefined, about: string | undefined) {
  return row?.suspects?.find((one) => one.about === about);
}

function without(row: ConnectionRow, about: string) {
  return (row.suspects ?? []).filter((one) => one.about !== about);
}
