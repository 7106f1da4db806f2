// What a kind of rule is to the engine: plain steps through sorted input. Late input is none of its business.
import type { Event } from "../../model/event.ts";
import type { Entry } from "../log.ts";
import type { Window } from "./window.ts";

/** The kind's condition holds. Times in ms. */
export interface Hit {
  /** Occurrences that open the alert, or count into the open one. */
  count: number;
  /** They lie from here to there; where a deadline opens, the one at `since` is what it followed. */
  since: number;
  until: number;
}

/** What ends everything that came before: a resolving event, or time. */
export type ClearedBy = "resolve" | "time";

/** What the kind knows when it is asked about one event. */
export interface Look<M> {
  /** Event time of that event; ms. */
  time: number;
  steps: number;
  value: string | undefined;
  memory: M | undefined;
  /** What is known of the key's matches, ascending. */
  matches: readonly Pick<Entry, "time" | "count" | "value">[];
}

/** A kind with its settings. `M` is what it remembers of a key; each method may change it in place. */
export interface Kind<M = unknown> {
  /** The field whose values it tells apart: an event without one is none of its steps (compile.ts). */
  field: string | undefined;
  /** How long before the newest entry a match may still become part of an alert; ms. */
  reach: number;
  /** How many matches that no alert holds yet are kept in full; default: 20. */
  kept?: number;
  /** It asks whether time before a match was observed. */
  waitsForSince?: true;
  /** `since`: everything from here on was evaluated by the rule; ms. */
  begin(since: number): M;
  /** From JSON; default: a copy. */
  load?(saved: unknown): M;
  /** As JSON; default: a copy. */
  save?(memory: M): unknown;
  /** A step of the kind: a match, or one of the patterns that it names. */
  take(memory: M, entry: Entry, isOpen: boolean): Hit | undefined;
  /** Whether such a step ends the open alert. */
  ends?(entry: Entry): boolean;
  /** Time is observed from here on. */
  observe?(memory: M, time: number, isOpen: boolean): void;
  /** When an alert opens, or counts, because nothing happened until then; ms. */
  opensAt?(memory: M, isOpen: boolean): number | undefined;
  /** That moment has come. */
  open?(memory: M, at: number): Hit;
  /** What names an alert that a deadline at `at` (ms) opens; default: the opening event. */
  seed?(event: Event, at: number): string;
  /** Whether the match at `time` (ms) may still open an alert; default: any may. */
  wants?(memory: M, time: number): boolean;
  /** The matches that it counts in. */
  window?(memory: M): Window;
  /** The last moment at which an open alert's condition still holds; ms. */
  fallsAt?(memory: M): number | undefined;
  /** Nothing before `at` (ms) counts any more; where time ended it, nothing of that moment either. */
  clear(memory: M, at: number, by: ClearedBy): void;
  /** Why an event that it took led to no alert; undefined where it cannot tell. */
  explain(look: Look<M>): string | undefined;
}
