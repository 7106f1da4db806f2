// A service's events as incidents make them, in cycles of a thousand, and what the rules of the benchmark must make of
// them by a model that is slow and obvious.
import type { ServiceEvent } from "../lib/simulator/shapes.ts";

const CYCLE = 1_000;
const NORMAL = [
  "The service is being updated.",
  "[recommender] schedule resource success",
  "[recommender] pulling model image",
  "[recommender] starting model",
  "The image starts to create.",
  "Auto stop has been disabled.",
  "preparing environment",
];
const FAILED = "Service recommender failed. Error: the container exited with code 137";
const STARTED = "Service recommender started.";
const PULL = "[recommender] failed to pull image, retry later";
const CAPACITY = "Insufficient resources. Wait until idle resources are sufficient.";
const SCHEDULED = "[recommender] schedule resource success";

const BURST_RULE = "capacity-burst";
const FLAPPING = "service-flapping";

/** The benchmark's own rule beside the packs': so many events about missing capacity within so long. */
export const BURST = { count: 5, withinMs: 10_000 };

/** What the packs say: within so long of its end a state opens the same alert again. */
const REOPEN_MS = 30 * 60_000;
/** Failing, starting, and so on, the last failure included: that many steps make a service flap. */
const FLAPS = 5;

/** Every pack that comes with Lookout, and one rule that counts in a window. */
export const RULES = `
  - include: modelarts/services
  - include: modelarts/updates
  - include: modelarts/pools
  - include: modelarts/training
  - include: cloud-eye/core
  - id: ${BURST_RULE}
    when: { source: [service-events], text: [{ wildcard: "insufficient *" }] }
    threshold: { count: ${BURST.count}, within: ${BURST.withinMs / 1_000}s }
    by: [connection, resource.id]`;

/** `count` events that end at `end` (ms), `step` ms apart. */
export function* incidents(count: number, end: number, step: number): Generator<ServiceEvent> {
  for (let index = 0; index < count; index++) {
    const [event_type, event_info] = textOf(index);
    yield { occur_time: Math.floor(end - (count - 1 - index) * step), event_type, event_info };
  }
}

function textOf(index: number): [ServiceEvent["event_type"], string] {
  const at = index % CYCLE;
  if (at === 100 || at === 150) return ["abnormal", FAILED];
  if (at === 200) return ["normal", STARTED];
  if (at >= 500 && at < 510) return ["abnormal", CAPACITY];
  if (at % 10 === 5) return ["abnormal", PULL];
  return ["normal", NORMAL[index % NORMAL.length]!];
}

export interface ExpectedAlert {
  rule: string;
  status: "firing" | "resolved";
  /** ms */
  startsAt: number;
  count: number;
  /** ms */
  endsAt?: number;
}

export interface Expected {
  alerts: ExpectedAlert[];
  /** Events that at least one rule matches. */
  matched: number;
}

/** What the rules must make of the events, at `now` (ms). */
export function expectedOf(events: Iterable<ServiceEvent>, now: number): Expected {
  const open = new Map<string, ExpectedAlert>();
  const alerts: ExpectedAlert[] = [];
  const times: number[] = [];
  const flaps: number[] = [];
  let matched = 0;

  function match(rule: string, time: number, count = 1): void {
    const alert = open.get(rule) ?? again(rule, time);
    if (alert) alert.count += rule === FLAPPING ? count : 1;
    else open.set(rule, { rule, status: "firing", startsAt: time, count });
  }
  /** The alert that has just ended is the same one. */
  function again(rule: string, time: number): ExpectedAlert | undefined {
    const at = alerts.findLastIndex((alert) => alert.rule === rule);
    const last = alerts[at];
    if (rule === BURST_RULE || last?.endsAt === undefined || time - last.endsAt > REOPEN_MS) return undefined;
    alerts.splice(at, 1);
    const { endsAt: _over, ...alert } = last;
    open.set(rule, { ...alert, status: "firing" });
    return open.get(rule);
  }
  function end(rule: string, endsAt: number): void {
    const alert = open.get(rule);
    if (alert) alerts.push({ ...alert, status: "resolved", endsAt });
    open.delete(rule);
  }
  /** It flaps once it has failed three times and started in between; of several starts the latest counts. */
  function flap(time: number, failed: boolean): void {
    if (failed && flaps.length === 1) flaps[0] = time;
    else if ((flaps.length % 2 === 0) === failed) flaps.push(time);
    if (flaps.length < FLAPS) return;
    match(FLAPPING, time, FLAPS);
    flaps.splice(0, FLAPS, time);
  }
  /** The window falls below its count once the newest so many do not fit into it any more. */
  function endBurst(time: number): void {
    const fifth = times.at(-BURST.count);
    if (!open.has(BURST_RULE) || fifth === undefined || time <= fifth + BURST.withinMs) return;
    end(BURST_RULE, fifth + BURST.withinMs);
    times.length = 0;
  }
  function burst(time: number): void {
    endBurst(time);
    times.push(time);
    const fifth = times.at(-BURST.count);
    const full = fifth !== undefined && time - fifth <= BURST.withinMs;
    if (full || open.has(BURST_RULE)) match(BURST_RULE, time, BURST.count);
  }

  for (const { occur_time: time, event_info: text } of events) {
    if (text === FAILED) match("service-failed", time);
    if (text === FAILED || text === STARTED) flap(time, text === FAILED);
    if (text === PULL) match("service-image-pull-failed", time);
    if (text === CAPACITY) {
      match("service-no-capacity", time);
      burst(time);
    }
    if (text === FAILED || text === PULL || text === CAPACITY) matched++;
    if (text === STARTED || text === SCHEDULED) end("service-no-capacity", time);
    if (text !== STARTED) continue;
    end("service-failed", time);
    end("service-image-pull-failed", time);
  }
  endBurst(now);
  return { alerts: [...alerts, ...open.values()], matched };
}
