// Which rules watch a target for silence, under which key: what is known of a target before it has any event.

import type { Event } from "../model/event.ts";
import { iso } from "../model/iso.ts";
import { valuesAt } from "../model/path.ts";
import { isProjectWide } from "../model/source-kinds.ts";
import { endAlert } from "./alert.ts";
import { type CompiledRule, type Rules, stateRow } from "./compile.ts";
import { mayMatch } from "./feeds.ts";
import { savedMemory } from "./fold.ts";
import type { Absence } from "./kinds/absence.ts";
import { live, peek } from "./live.ts";
import { emptyState, firing, type KeyState, markOf, type Step } from "./state.ts";

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
    // Where the target is the project, its events name resources of their own.
    if (isProjectWide(subject.source) && by.some((field) => field.startsWith("resource"))) return [];
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
    time: iso(at),
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
  const seen = { event: { ...event, time: iso(at) }, steps: 0, resolves: false };
  // It is no time to decide anything.
  const never = Number.NEGATIVE_INFINITY;
  const next = live(rule, state, [seen], { now: never, readTo: never, since: at }).state;
  return next.pending.length > 0 ? next : { ...next, pending: [event] };
}

/** Also where a silence has been notified and is over: the next one begins with a match. */
export function isWatched(rule: CompiledRule, state: KeyState): boolean {
  return (peek(rule, state).memory as Absence | undefined)?.watched ?? false;
}

/** Nothing more will come: no silence is waited for, and an alert about one is over at `at` (ms). */
export function disarm(rule: CompiledRule, state: KeyState, at: number): Step {
  const { key, alert, mark } = state;
  const base = { at, since: state.base?.since ?? at, memory: savedMemory(rule, rule.kind.begin(at)), span: null };
  const next = { ...emptyState(key), base, alert, mark };
  if (!firing(state)) return { state: next, transitions: [] };
  const over = endAlert(alert!, Math.max(at, Date.parse(alert!.startsAt)));
  return {
    state: { ...next, alert: over, mark: markOf(over) },
    transitions: [{ kind: rule.canResolve ? "resolved" : "closed", alert: over }],
  };
}
