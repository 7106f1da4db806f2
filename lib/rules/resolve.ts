// What resolves a key: an event that matches `resolve.when` ends its alert and empties its memory.
import type { CompiledRule } from "./compile.ts";
import { keepEpoch } from "./epochs.ts";
import { ended, firing, type Step } from "./lifecycle.ts";
import { clearLog } from "./log.ts";
import type { KeyState } from "./state.ts";

/** A resolving event older than the newest match does not resolve; on a tie in time firing wins. */
export function applyResolve(rule: CompiledRule, state: KeyState, time: number): Step {
  const newestResolve = Math.max(time, state.newestResolve ?? time);
  const next = { ...state, newestResolve };
  if (!firing(state)) return { state: keepEpoch(rule, state, clear(rule, next, time), time, false), transitions: [] };
  const { expect } = state;
  // A deadline is no match: what comes late and lies before it would have prevented it.
  const missed = expect?.missed.filter((start) => start >= time) ?? [];
  if (missed.length > 0) {
    const cleared = clear(rule, next, time);
    return { state: { ...cleared, expect: { ...cleared.expect!, missed } }, transitions: [] };
  }
  if (!expect && time <= (state.newestMatch ?? 0)) return { state: next, transitions: [] };
  const step = ended(rule, next, time);
  return { ...step, state: keepEpoch(rule, state, clear(rule, step.state, time), time, true) };
}

/** Resolving empties the key's window; what was found at that very time or after it stays. */
export function clear(rule: CompiledRule, state: KeyState, at: number): KeyState {
  const { lead: _, log, expect, ...kept } = state;
  return {
    ...kept,
    clearedAt: Math.max(at, state.clearedAt ?? at),
    window: state.window.filter(([time]) => time >= at),
    pending: state.pending.filter((event) => Date.parse(event.time) >= at),
    ...(log ? { log: clearLog(rule.config, log, at) } : {}),
    ...(expect
      ? { expect: { open: expect.open.filter((time) => time >= at), missed: [], served: expect.served } }
      : {}),
  };
}
