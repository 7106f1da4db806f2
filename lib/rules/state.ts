// What one rule keeps for one key: one store row, small, and enough to give late events the outcome of sorted input.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import type { AbsenceMemory } from "./absence.ts";
import type { Touch } from "./compile.ts";
import type { ExpectMemory } from "./expect.ts";
import type { Log } from "./log.ts";
import type { Silences } from "./silences.ts";
import type { Window } from "./window.ts";

/** What an event says about a rule and key. */
export type Happening = Pick<Touch, "event" | "steps" | "matches" | "resolves">;

export interface KeyState {
  /** The rule's `by` fields and their values. */
  key: Record<string, unknown>;
  /** Event time of the newest match; ms. */
  newestMatch: number | null;
  /** Event time of the newest event that matched `resolve.when`; ms. */
  newestResolve: number | null;
  /** The last resolution: what is not after it belongs to the past. ms */
  clearedAt: number | null;
  /** threshold, distinct, spike */
  window: Window;
  /** The window as it opened the last alert: entries count from `since`, none lies before `from`; ms. */
  lead?: { from: number; since: number; window: Window };
  /** Matches that no alert holds yet and that may open one: at most 20. */
  pending: Event[];
  /** The open alert, or the last one that ended while late matches may still belong to it. */
  alert: Alert | null;
  /** One that was found late and had ended before that one began: of `resolve.after`. */
  earlier?: Alert;
  /** change, newValue, sequence */
  log?: Log;
  expect?: ExpectMemory;
  /** The stretches that are waited on: an open alert is about the silence after the first of them. */
  absence?: AbsenceMemory;
  silences?: Silences;
  /** Matches that may belong to the open alert, or to one after it; ascending. */
  held?: Held[];
  /** What resolving events ended, for matches that are found after them; ascending, the newest few. */
  past?: Epoch[];
}

/** A match that waits until it is decided whether the open alert had ended before it, with what was observed when it was found. */
export interface Held extends Happening, Pick<Observed, "since" | "teaches"> {}

/** A key up to a resolving event. */
export interface Epoch {
  /** Event time of the resolving event; ms. */
  until: number;
  /** The key right before it. */
  before: KeyState;
  /** The alerts that are known to have been open then. */
  told: Pick<Alert, "id" | "count" | "startsAt">[];
}

export function emptyState(key: Record<string, unknown>): KeyState {
  return { key, newestMatch: null, newestResolve: null, clearedAt: null, window: [], pending: [], alert: null };
}

/** What happened to an alert; `closed` is an occurrence that ended silently, `updated` one that counted more. */
export interface Transition {
  kind: "opened" | "updated" | "resolved" | "closed";
  alert: Alert;
  /** Templates that failed as it opened, with what they said: the alert has a default in their place. */
  unrendered?: Unrendered;
}

export type Unrendered = { field: "summary" | "description"; error: string }[];

/** How far those that feed a rule and key have been observed. Times in ms. */
export interface Observed {
  /** No deadline after this is decided, whatever an event is dated. */
  now: number;
  /** Everything up to here has been read: a deadline is only decided where it is not after that. */
  readTo: number;
  /** The same, up to the key's next event of the same batch. Default: `readTo`. */
  decided?: number;
  /** Everything from here on was evaluated by this rule. */
  since: number;
  /** The event belongs to its target's first poll. */
  teaches: boolean;
  /** The event belongs to a target that has ended. */
  over?: boolean;
}
