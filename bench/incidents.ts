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

/** The benchmark's own rule beside the packs': so many events about missing capacity within so long. */
export const BURST = { count: 5, withinMs: 10_000 };

/** Every pack that comes with Lookout, and one rule that counts in a window. */
export const RULES = `
  - include: modelarts/services
  - include: modelarts/updates
  - include: modelarts/pools
  - include: modelarts/training
  - include: cloud-eye/core
  - id: capacity-burst
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
  let matched = 0;

  function match(rule: string, time: number, count = 1): void {
    const alert = open.get(rule);
    if (alert) alert.count++;
    else open.set(rule, { rule, status: "firing", startsAt: time, count });
  }
  function end(rule: string): void {
    const alert = open.get(rule);
    if (alert) alerts.push({ ...alert, status: "resolved" });
    open.delete(rule);
  }
  /** The window falls below its count once the newest so many do not fit into it any more. */
  function endBurst(time: number): void {
    const fifth = times.at(-BURST.count);
    if (!open.has("capacity-burst") || fifth === undefined || time <= fifth + BURST.withinMs) return;
    end("capacity-burst");
    times.length = 0;
  }
  function burst(time: number): void {
    endBurst(time);
    times.push(time);
    const fifth = times.at(-BURST.count);
    const full = fifth !== undefined && time - fifth <= BURST.withinMs;
    if (full || open.has("capacity-burst")) match("capacity-burst", time, BURST.count);
  }

  for (const { occur_time: time, event_info: text } of events) {
    if (text === FAILED) match("service-failed", time);
    if (text === PULL) match("service-image-pull-failed", time);
    if (text === CAPACITY) {
      match("service-no-capacity", time);
      burst(time);
    }
    if (text === FAILED || text === PULL || text === CAPACITY) matched++;
    if (text === STARTED || text === SCHEDULED) end("service-no-capacity");
    if (text !== STARTED) continue;
    end("service-failed");
    end("service-image-pull-failed");
  }
  endBurst(now);
  return { alerts: [...alerts, ...open.values()], matched };
}
