// What happens in the simulated project while the functions are maltreated: forty targets with errors, recoveries, ties,
// twins and late events, drawn from a seed; and what must have been evaluated and alerted of it in the end.
import { connectionOf } from "../../../lib/simulator/describe.ts";
import type { Random } from "../../../lib/simulator/random.ts";
import type { Simulator } from "../../../lib/simulator/server.ts";
import type { World } from "../../../lib/simulator/world.ts";
import { lineOf } from "../../reliability/story.ts";

const SECOND = 1_000;
const SERVICES = 26;
const JOBS = 10;
const POOLS = 4;
/** From its beginning; ms. Nothing happens afterwards. */
export const STORY_MS = 200 * SECOND;
/** An alert about a pool ends after so long without an event; ms. */
const QUIET_MS = 90 * SECOND;

export interface Story {
  /** How often each thing occurs, by a line that describes it. */
  events: Map<string, number>;
  /** Every alert of the rules `broken` and `pool` in the end: `rule resource ×count status`. */
  alerts: string[];
}

/** `tuned`: how many errors its rule wants, which is all that a deployment changes. */
export function configOf(cloud: Pick<Simulator, "url" | "credentials">, receiver: string, tuned: number): string {
  return `
${connectionOf(cloud)}    requestsPerSecond: 200
sources: [{ kind: service-events }, { kind: training-events }, { kind: pool-events }]
rules:
  - { id: each, when: { source: [training-events] }, by: [id] }
  - { id: total, when: { time: [{ exists: true }] }, by: [source] }
  - id: broken
    when: { source: [service-events], level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], type: [normal] } }
  - { id: pool, when: { source: [pool-events] }, by: [resource.id], resolve: { after: ${QUIET_MS / SECOND}s } }
  - id: tuned
    when: { source: [training-events], level: [error] }
    by: [resource.id]
    threshold: { count: ${tuned}, within: 2m }
    resolve: { after: 1m }
route:
  channels: [chat]
  groupBy: [resource.id]
  groupWait: 0s
  groupInterval: 20s
  routes: [{ match: { rule: [each, total] }, channels: [audit], groupBy: [rule] }]
channels:
  audit: { type: webhook, url: "${receiver}/audit" }
  chat: { type: webhook, url: "${receiver}/chat" }
  health: { type: webhook, url: "${receiver}/health" }
health: { channels: [health] }
`;
}

/** Puts the story on the world's schedule, from `start` (ms) on. */
export function play(world: World, random: Random, start: number): Story {
  const events = new Map<string, number>();
  const alerts: string[] = [];
  const note = (line: string) => events.set(line, (events.get(line) ?? 0) + 1);
  const second = (from: number, to: number) => random.int(from, to) * SECOND;

  function service(id: string, at: number, event_type: "normal" | "abnormal", event_info: string, shown = at): void {
    note(lineOf("service-events", id, event_type, event_info));
    world.at(start + shown, () => world.addServiceEvents(id, [{ occur_time: start + at, event_type, event_info }]));
  }

  /** Ties and twins among them, and some that are shown late, but before the recovery. Returns how many. */
  function errors(id: string, episode: number, at: number, recovery: number): number {
    const count = random.int(1, 3);
    for (let error = 0; error < count; error++) {
      const moment = random.chance(0.3) ? at : at + random.int(0, 15 * SECOND);
      const shown = random.chance(0.3) ? random.int(moment, recovery) : moment;
      service(id, moment, "abnormal", random.chance(0.2) ? "Failed" : `Failed: ${episode}.${error}`, shown);
    }
    return count;
  }

  /** Fails and recovers time and again. */
  function failing(id: string): void {
    let at = second(2, 60);
    for (let episode = 1; at < STORY_MS - 60 * SECOND; episode++) {
      const recovery = at + second(20, 80);
      const recovers = random.chance(0.8);
      alerts.push(`broken ${id} ×${errors(id, episode, at, recovery)} ${recovers ? "resolved" : "firing"}`);
      if (!recovers) return;
      service(id, recovery, "normal", `Service started: ${episode}`);
      at = recovery + second(5, 90);
    }
  }

  function training(id: string): void {
    for (let step = random.int(2, 6); step > 0; step--) {
      const at = second(2, 120);
      const level = random.pick(["Error", "Warning"] as const);
      const message = random.chance(0.3) ? "Worker failed" : `Worker failed: ${step}`;
      note(lineOf("training-events", id, level, message));
      const shown = random.chance(0.4) ? at + second(1, 80) : at;
      world.at(start + shown, () => {
        world.addTrainingEvents(id, [{ time: start + at, level, message, source: "Job" }]);
      });
    }
  }

  /** Bursts with more time between them than the alert waits. */
  function pool(id: string, at: number): void {
    const count = random.int(1, 3);
    for (let event = 0; event < count; event++) {
      const message = `${id}: ${at}.${event}`;
      const time = start + at + event * random.int(0, 10) * SECOND;
      note(lineOf("pool-events", id, "Warning", message));
      world.at(time, () => world.addPoolEvent(id, { type: "Warning", reason: "NodeDown", message, time }));
    }
    alerts.push(`pool ${id} ×${count} resolved`);
  }

  for (const id of ids("svc", SERVICES)) {
    world.addService({ service_id: id, service_name: id });
    failing(id);
  }
  for (const id of ids("job", JOBS)) {
    world.addJob({ id, name: id });
    training(id);
  }
  for (const id of ids("pool", POOLS)) {
    world.addPool({ id, name: id });
    pool(id, second(2, 20));
    if (random.chance(0.5)) pool(id, second(145, 170));
  }
  return { events, alerts };
}

function ids(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${name}-${at + 1}`);
}
