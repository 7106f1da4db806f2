// Where it lies in the store, as rows.ts has it, what holds alerts back: firing alerts and silences that people add,
// and the groups that wait for their end.
import type { Pattern } from "../../model/config.ts";
import type { Key } from "../../store/port.ts";
import { META } from "./rows.ts";

/** A firing alert that is the source of an inhibit rule, among those with the same values of `equal`. */
export interface InhibitorRow {
  alert: string;
  rule: string;
}
/** Those that match one side of the rule alone come first: they hold back whatever matches the other. */
export const ONE_SIDED = "0/";
export function inhibitorPartition(inhibitRule: string, values: string): string {
  return `inhibit/${inhibitRule}/${values}`;
}
export function inhibitorKey(inhibitRule: string, values: string, both: boolean, alertId: string): Key {
  return { pk: inhibitorPartition(inhibitRule, values), sk: `${both ? "1/" : ONE_SIDED}${alertId}` };
}
/** The inhibit rules by which the inhibitors were written. */
export const INHIBIT: Key = { pk: META, sk: "inhibit" };

/** A hash of the silences of the file and of the muted times by which groups wait. */
export const HELD_BY: Key = { pk: META, sk: "held-by" };

/**
 * A group with members that something holds back: it is looked at once that is over. `holder`: the
 * id of an alert or a silence.
 */
export function waitPartition(holder: string): string {
  return `held-by/${holder}`;
}
export function waitKey(holder: string, group: string): Key {
  return { pk: waitPartition(holder), sk: group };
}

/** What held groups back is over: all that wait for it are to be looked at. Queue "group". */
export interface WakingRow {
  id: string;
}
export const WAKING = "waking";
export function wakingKey(holder: string): Key {
  return { pk: WAKING, sk: holder };
}

/** A silence that a person has added. Times in ms. */
export interface SilenceRow {
  id: string;
  match: Pattern;
  from: number;
  until: number;
  /** Names of timeIntervals; empty: always. */
  during: string[];
  comment: string | null;
  by: string;
  createdAt: number;
}
export const SILENCES = "silence";
export function silenceKey(id: string): Key {
  return { pk: SILENCES, sk: id };
}

/** A signed link that has acknowledged its alert: it does so once. */
export function spentLinkKey(signature: string): Key {
  return { pk: "ack-link", sk: signature };
}
