// Which rules watch a target for silence, under which key: what is known of a target before it has any event.
import type { Event } from "../model/event.ts";
import { valuesAt } from "../model/path.ts";
import { noteMatch } from "./absence.ts";
import { type CompiledRule, type Rules, stateRow } from "./compile.ts";
import { mayMatch } from "./feeds.ts";
import { ended, firing, type Step } from "./lifecycle.ts";
import type { KeyState } from "./state.ts";

/** What every event of a target has in common. */
export type Subject = Pick<Event, "source" | "sourceId" | "connection" | "region" | "resource" | "labels">;

export interface Watch {
  rule: CompiledRule;
  key: Record<string, unknown>;
  pk: string;
  sk: string;
  /** Stands for the event that there is none of, in texts. */
  event: Event;
}

/** The rules with `absence: { over: targets }` whose `when` an event of the target may match. `at` in ms. */
export function watchesOf(rules: Rules, subject: Subject, at: number): Watch[] {
  return rules.all.flatMap((rule): Watch[] => {
    const { absence, by } = rule.config;
    if (absence?.over !== "targets" || !mayMatch(rule.patterns[0]!.pattern, subject)) return [];
    // Cloud Eye's target is the project; its events name resources of their own.
    if (subject.source === "cloud-eye-events" && by.some((field) => field.startsWith("resource"))) return [];
    const key = valuesAt(subject, by);
    return [{ rule, key, ...stateRow(rule, key), event: silentEvent(subject, absence.for, at) }];
  });
}

function silentEvent(subject: Subject, longest: number, at: number): Event {
  const message = `No matching event for ${Math.round(longest / 60_000)} minutes`;
  return {
    ...subject,
    id: "",
    project: "",
    time: new Date(at).toISOString(),
    level: "warning",
    type: "",
    reason: null,
    count: 0,
    late: 0,
    message,
    text: message.toLowerCase(),
    data: {},
  };
}

/** A target that has had no event yet is watched from `at` (ms) on; `event` stands for the one there is none of. */
export function watchFrom(rule: CompiledRule, state: KeyState, event: Event, at: number): KeyState {
  if (firing(state)) return state;
  const pending = state.pending.length > 0 ? state.pending : [event];
  return { ...state, absence: noteMatch(state.absence ?? [], at, rule.config.absence!.for), pending };
}

/** Nothing more will come: no silence is waited for, and an alert about one is over at `at` (ms). */
export function disarm(rule: CompiledRule, state: KeyState, at: number): Step {
  const { absence: _absence, silences: _silences, ...silenced } = state;
  return firing(state) ? ended(rule, silenced, at) : { state: silenced, transitions: [] };
}
