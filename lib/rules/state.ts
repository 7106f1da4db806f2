// What one rule keeps for one key: one store row. Sorted input up to a checkpoint, what came after
// it, and what was notified.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import type { PackedLog } from "./log.ts";

export interface KeyState {
  /** The rule's `by` fields and their values. */
  key: Record<string, unknown>;
  /** What everything before the log has led to; null: there was nothing. */
  base: Checkpoint | null;
  log: PackedLog;
  /** The open alert, or the last one. */
  alert: Alert | null;
  mark: Mark | null;
  /** Others that late input may still change, without their events, by their start. */
  older: Notified[];
  /** Matches that no alert holds yet and that may open one: at most 20, ascending. */
  pending: Event[];
  /** What happens next by itself. */
  next: Deadline | null;
}

export interface Checkpoint {
  /** The last entry's time; ms. What is found late and is older counts as of then. */
  at: number;
  /** Everything from here on was evaluated by the rule; ms. */
  since: number;
  /** The kind's memory, as it saves it. */
  memory: unknown;
  /** The open alert of sorted input, or its last one. */
  span: Span | null;
}

/** An alert of sorted input. Times in ms. */
export interface Span {
  startsAt: number;
  endsAt: number | null;
  count: number;
  /** The newest match or deadline that counts in it. */
  newest: number;
}

/** What is known of a notified alert beyond what it shows. Times in ms. */
export interface Mark {
  startsAt: number;
  endsAt: number | null;
  /** The newest match or deadline it was notified with: from its start to here it is known to have been firing. */
  newest: number;
  /** What it has of alerts of sorted input that can change no more. */
  settled?: Pick<Span, "startsAt" | "count"> & { endsAt: number };
}

export interface Notified extends Mark {
  alert: Alert;
}

/**
 * The moment at which something happens unless something else happens before, and the first at
 * which that is certain; ms.
 */
export interface Deadline {
  at: number;
  due: number;
}

export function emptyState(key: Record<string, unknown>): KeyState {
  const log = { text: "", values: [] };
  return { key, base: null, log, alert: null, mark: null, older: [], pending: [], next: null };
}

/** The mark of an alert that something else than the engine opened. */
export function markOf({ startsAt, endsAt }: Alert): Mark {
  const start = Date.parse(startsAt);
  return { startsAt: start, endsAt: endsAt === null ? null : Date.parse(endsAt), newest: start };
}

export function firing(state: KeyState): Alert | undefined {
  return state.alert?.status === "firing" ? state.alert : undefined;
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
  /** Everything from here on was evaluated by this rule. */
  since: number;
}

export interface Step {
  state: KeyState;
  transitions: Transition[];
}
