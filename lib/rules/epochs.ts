// What late events change before a resolving event: the key as it was before that is kept for a while, and lived through again.
import type { CompiledRule } from "./compile.ts";
import { type Step, wordsOf } from "./lifecycle.ts";
import type { Epoch, KeyState, Transition } from "./state.ts";

/** Beyond these a key that is resolved again and again remembers less. */
const MAX_EPOCHS = 5;

/** The state after a resolving event at `until` (ms), with the one before it; `ended`: it ended the alert that was firing. */
export function keepEpoch(
  rule: CompiledRule,
  { past = [], held: _, ...state }: KeyState,
  after: KeyState,
  until: number,
  ended: boolean,
): KeyState {
  const recent = past.filter((epoch) => epoch.until >= until - rule.lateness);
  // A resolving event that is late itself divides nothing any more.
  if (rule.lateness === 0 || newestOf(state) > until || (recent.at(-1)?.until ?? 0) >= until) return after;
  const alert = ended || rule.config.reopen !== undefined ? state.alert : null;
  const epoch: Epoch = { until, before: { ...state, alert }, told: ended ? [wordsOf(state.alert!)] : [] };
  return { ...after, past: [...recent, epoch].slice(-MAX_EPOCHS) };
}

function newestOf({ newestMatch, window, log, expect }: KeyState): number {
  const times = [
    newestMatch,
    window.at(-1)?.[0],
    log?.entries.at(-1)?.time,
    expect?.open.at(-1),
    expect?.served.at(-1),
  ];
  return Math.max(...times.map((time) => time ?? Number.NEGATIVE_INFINITY));
}

/**
 * What happens at `at` (ms) to a key that a later event has resolved since: `live` is given the key as it was, and goes on to the
 * resolving event. What was told stays told; what came and went is told now. Undefined where nothing is known of that time.
 */
export function relive(
  { past = [], ...state }: KeyState,
  at: number,
  live: (before: KeyState, until: number) => { before: KeyState; transitions: readonly Transition[] },
): Step | undefined {
  const epoch = past.find(({ until }) => until > at);
  if (epoch === undefined) return undefined;
  const { before, transitions } = live(epoch.before, epoch.until);
  const told = new Map(epoch.told.map((one) => [one.id, one]));
  const found: Transition[] = [];
  let { alert: newest } = state;
  for (const alert of new Map(transitions.map(({ alert }) => [alert.id, alert])).values()) {
    const known = told.get(alert.id);
    told.set(alert.id, wordsOf(alert));
    // What fires already is newer, whenever it first began.
    const isNewest = newest?.status !== "firing" && alert.startsAt > (newest?.startsAt ?? "");
    if (isNewest || newest?.id === alert.id) newest = alert;
    if (known === undefined) {
      found.push(transitions.find((one) => one.alert.id === alert.id)!, { kind: "resolved", alert });
    } else if (known.count !== alert.count || known.startsAt !== alert.startsAt) found.push({ kind: "updated", alert });
  }
  const lived = { ...epoch, before, told: [...told.values()] };
  return {
    state: { ...state, alert: newest, past: past.map((one) => (one === epoch ? lived : one)) },
    transitions: found,
  };
}
