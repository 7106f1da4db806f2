// What a probe's outcome changes in what is known of its endpoint: up or down, slow, about to be without a certificate.
// Pure.
import type { ProbeConfig } from "../../model/config.ts";
import type { Level } from "../../model/source-kinds.ts";
import type { Outcome } from "./probe.ts";

const DAY_MS = 86_400_000;

/** What is remembered of an endpoint. */
export interface State {
  /** Empty while it was never up and did not fail often enough. */
  state: "up" | "down" | "";
  /** Failures in a row, while they count. */
  failures: number;
  /** Since when every answer has been slow; ms, 0: the last one was not. */
  slowSince: number;
  slow: boolean;
  expiring: boolean;
}

/** What an event is about. */
export interface Change {
  reason: "state" | "duration" | "certificate";
  level: Level;
  message: string;
}

const UNKNOWN: State = { state: "", failures: 0, slowSince: 0, slow: false, expiring: false };

/** What is known from now on, and what of it is news. */
export function judge(
  before: State = UNKNOWN,
  outcome: Outcome,
  config: ProbeConfig,
  now: number,
): { next: State; change: Change | undefined } {
  const { days } = outcome;
  const expiring = days === null ? before.expiring : days * DAY_MS < config.certificate;
  const next = outcome.error === null ? succeeded(before, outcome, config, now) : failed(before, config);
  next.expiring = outcome.error === null && days === null ? false : expiring;
  return { next, change: changeOf(before, next, outcome, config) };
}

function failed(before: State, { failures: enough }: ProbeConfig): State {
  if (before.state === "down") return { ...before };
  const failures = before.failures + 1;
  if (failures < enough) return { ...before, failures };
  return { ...before, state: "down", failures: 0, slowSince: 0, slow: false };
}

function succeeded(before: State, { duration }: Outcome, { slow }: ProbeConfig, now: number): State {
  const isSlow = slow !== undefined && duration > slow.over;
  const slowSince = isSlow ? before.slowSince || now : 0;
  return { ...before, state: "up", failures: 0, slowSince, slow: isSlow && now - slowSince >= slow.for };
}

function changeOf(before: State, next: State, outcome: Outcome, config: ProbeConfig): Change | undefined {
  if (next.state === "") return undefined;
  const level = next.state === "down" ? "error" : next.slow || next.expiring ? "warning" : "normal";
  const about = (reason: Change["reason"], message: string): Change => ({ reason, level, message });
  if (next.state !== before.state) return about("state", outcome.message);
  if (next.slow !== before.slow) {
    return about("duration", `${slowness(next, config)}; the last one took ${outcome.duration} ms`);
  }
  if (next.expiring === before.expiring) return undefined;
  const { days } = outcome;
  return about(
    "certificate",
    days === null ? "no certificate is shown any more" : `the certificate expires in ${days} days`,
  );
}

function slowness({ slow }: State, config: ProbeConfig): string {
  if (config.slow === undefined) return "is not called slow any more";
  const bound = `${config.slow.over / 1_000} s`;
  return slow ? `slow: every answer takes longer than ${bound}` : `answers within ${bound} again`;
}
