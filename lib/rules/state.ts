// What one rule keeps for one key: one store row, small, and enough to give late events the outcome of sorted input.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";

export interface KeyState {
  /** The rule's `by` fields and their values. */
  key: Record<string, unknown>;
  /** Event time of the newest match; ms. */
  newestMatch: number | null;
  /** Event time of the newest event that matched `resolve.when`; ms. */
  newestResolve: number | null;
  /** The last resolution: what is not after it belongs to the past. ms */
  clearedAt: number | null;
  /** threshold: [time, occurrences], ascending, one entry per time. */
  window: [number, number][];
  /** threshold: the newest events of a window that has not opened an alert yet. */
  pending: Event[];
  /** The open alert, or the last one that ended while late matches may still belong to it. */
  alert: Alert | null;
}

export function emptyState(key: Record<string, unknown>): KeyState {
  return { key, newestMatch: null, newestResolve: null, clearedAt: null, window: [], pending: [], alert: null };
}

/** What happened to an alert; `closed` is an occurrence that ended silently, `updated` one that counted more. */
export interface Transition {
  kind: "opened" | "updated" | "resolved" | "closed";
  alert: Alert;
}
