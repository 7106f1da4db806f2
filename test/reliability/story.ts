// What happens in the simulated project, minute by minute, with everything that makes events easy to miss or to tell
// twice; and what must have been notified of it in the end, whatever happened to the processes that watched.
import type { SourceKind } from "../../lib/model/source-kinds.ts";
import type { World } from "../../lib/simulator/world.ts";

/** 2026-11-20T10:00:00Z, a Friday. */
export const T0 = Date.parse("2026-11-20T10:00:00Z");
export const MINUTE = 60_000;
/**
 * Minutes after T0: nothing happens in the project from then on, and every deadline of a rule but
 * an occurrence's has passed.
 */
export const SETTLED = 6;

/** Everything of lookout.yml but the connection. */
export const STORY_CONFIG = `
sources:
  - { kind: service-events, targets: [svc-1, svc-2] }
  - { kind: service-updates, targets: [svc-1] }
  - { kind: pool-events, targets: [pool-1] }
  - { kind: training-events, discover: {} }
  - { kind: cloud-eye-events }
rules:
  - { id: each, when: { type: [{ anything-but: Info }] }, by: [id] }
  - id: broken
    when: { source: [service-events], level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], type: [normal] } }
  - id: burst
    when: { source: [training-events], level: [error] }
    by: [resource.id]
    threshold: { count: 3, within: 2m }
  - { id: pool, when: { source: [pool-events], level: [warning] }, by: [reason], resolve: { after: 2m } }
  - id: deploy
    when: { source: [service-updates], type: [FAIL] }
    by: [resource.id]
    resolve: { when: { source: [service-updates], type: [SUCCESS] } }
  - id: silent
    when: { source: [training-events], type: [{ anything-but: Info }] }
    by: [resource.id]
    absence: { for: 2m }
    resolve: { after: 30s }
  - id: unserved
    when: { source: [service-events], level: [error] }
    by: [resource.id]
    expect: { when: { source: [service-events], type: [normal] }, within: 1m }
  - id: flap
    when: { source: [service-events], level: [error] }
    by: [resource.id]
    sequence: { then: [{ source: [service-events], type: [normal] }], within: 1m }
    resolve: { after: 1m }
  - { id: unknown, when: { source: [cloud-eye-events] }, by: [project], newValue: { field: reason }, resolve: { after: 1m } }
  - { id: changed, when: { source: [cloud-eye-events] }, by: [project], change: { field: reason }, resolve: { after: 1m } }
  - { id: various, when: { source: [pool-events] }, by: [source], distinct: { field: reason, count: 2, within: 2m } }
  - id: surge
    when: { source: [service-events] }
    by: [resource.id]
    spike: { factor: 2, window: 20s, min: 2 }
    resolve: { after: 30s }
  - id: unheard
    when: { source: [training-events], message: ["Job finished"] }
    by: [resource.id]
    absence: { for: 90s, over: targets }
    resolve: { after: 30s }
route:
  channels: [chat, pager]
  groupWait: 0s
  groupInterval: 20s
  routes:
    - { match: { rule: [each] }, channels: [audit] }
    - { match: { rule: [burst, pool] }, channels: [ops], groupBy: [rule, key.reason], groupWait: 5s }
    - { match: { rule: [silent, unserved, flap, unknown, changed, various, surge, unheard] }, channels: [kinds] }
channels:
  audit: { type: webhook, url: "\${env:HOOK}/audit", secret: "\${env:SECRET}" }
  ops: { type: webhook, url: "\${env:HOOK}/ops" }
  kinds: { type: webhook, url: "\${env:HOOK}/kinds" }
  chat: { type: feishu, url: "\${env:HOOK}/chat" }
  pager: { type: pagerduty, url: "\${env:HOOK}/pager", routingKey: key }
`;

/** One line for each event, or for an item that the API changes in place: `source resource type: message ×count`. */
export type Truth = Map<string, number>;

/** Puts the story on the world's schedule; returns what must be evaluated: how often each thing occurs. */
export function play(world: World): Truth {
  const truth: Truth = new Map();
  world.addService({ service_id: "svc-1", service_name: "svc-1" });
  world.addService({ service_id: "svc-2", service_name: "svc-2" });
  world.addPool({ id: "pool-1", name: "pool-1" });
  world.addJob({ id: "job-1", name: "job-1" });
  const time = (minutes: number) => T0 + Math.round(minutes * MINUTE);

  function note(source: SourceKind, resource: string, type: string, message: string, count = 1): void {
    const line = lineOf(source, resource, type, message);
    truth.set(line, (truth.get(line) ?? 0) + count);
  }
  function service(id: string, at: number, event_type: "normal" | "abnormal", event_info: string, shown = at): void {
    note("service-events", id, event_type, event_info);
    world.at(time(shown), () => world.addServiceEvents(id, [{ occur_time: time(at), event_type, event_info }]));
  }
  function update(version: string, at: number, result: "SUCCESS" | "FAIL", known: number): void {
    const described = (word: string) => `Update ${word}: m ${version}`;
    note("service-updates", "svc-1", "RUNNING", described("RUNNING"));
    note("service-updates", "svc-1", result, described(result));
    world.at(time(at), () => {
      const config = [{ model_name: "m", model_version: version }];
      const log = world.addUpdateLog("svc-1", { update_time: time(at), result: "RUNNING", config });
      world.at(time(known), () => void Object.assign(log, { result }));
    });
  }
  function pool(at: number, reason: string, message: string, growth: readonly [at: number, by: number][] = []): void {
    note("pool-events", "pool-1", "Warning", message, 1 + growth.reduce((sum, [, by]) => sum + by, 0));
    world.at(time(at), () => {
      const event = world.addPoolEvent("pool-1", { type: "Warning", reason, message, time: time(at) });
      for (const [later, by] of growth) {
        world.at(time(later), () => world.growPoolEvent("pool-1", event, by, time(later)));
      }
    });
  }
  function training(at: number, level: "Info" | "Warning" | "Error", message: string, shown = at): void {
    note("training-events", "job-1", level, message);
    world.at(time(shown), () => world.addTrainingEvents("job-1", [{ time: time(at), level, message, source: "Job" }]));
  }
  function cloudEye(at: number, name: string, shown = at): void {
    const event_id = `ev-${truth.size}-${at}-${name}`;
    note("cloud-eye-events", "ecs-1", "EVENT.CUSTOM", `${name} (ecs-1): ${event_id}`);
    const detail = {
      content: event_id,
      group_id: "",
      resource_id: "ecs-1",
      resource_name: "ecs-1",
      event_state: "warning",
      event_level: "Major",
      event_user: "",
      event_type: "EVENT.CUSTOM",
      dimensions: [],
    } as const;
    const event = {
      event_id,
      event_name: name,
      event_source: "ECS",
      time: time(at),
      detail: { ...detail, dimensions: [] },
    };
    world.at(time(shown), () => world.addCloudEyeEvents([event]));
  }

  // Twins at once, a third equal one late, one late that is no twin, and the recovery.
  service("svc-1", 0.2, "abnormal", "Failed to pull image");
  service("svc-1", 0.2, "abnormal", "Failed to pull image");
  service("svc-1", 0.2, "abnormal", "Failed to pull image", 1.7);
  service("svc-1", 0.8, "abnormal", "Failed to start", 1.6);
  service("svc-1", 3.2, "normal", "Service started.");
  // Comes and goes within one round.
  service("svc-2", 0.3, "normal", "Image pulled.");
  service("svc-2", 2.3, "abnormal", "Out of memory");
  service("svc-2", 2.6, "normal", "Service restarted.");
  world.at(time(1.2), () => {
    const malformed = { occur_time: time(1.2), event_type: "abnormal", event_info: { not: "text" } };
    world.addServiceEvents("svc-2", [malformed as never]);
  });
  update("1", 0.3, "FAIL", 1.5);
  update("2", 2.2, "SUCCESS", 3.5);
  pool(0.3, "NodeNotReady", "node-1 is not ready", [
    [1.3, 3],
    [2.3, 2],
  ]);
  pool(0.5, "DiskPressure", "disk is full");
  pool(0.5, "DiskPressure", "disk is full");
  // Ties, equal ones among them; three errors in one second fill the window.
  training(0.6, "Error", "Worker failed");
  training(0.6, "Error", "Worker failed");
  training(0.6, "Error", "NCCL timeout");
  training(1.2, "Info", "Epoch 1");
  training(1.8, "Warning", "Slow node", 2.8);
  training(2.2, "Error", "Worker failed");
  cloudEye(0.2, "rebooted");
  cloudEye(0.2, "rebooted");
  cloudEye(1.6, "rebooted");
  cloudEye(2.1, "diskFull", 3.3);
  return truth;
}

export function lineOf(source: string, resource: string, type: string, message: string): string {
  return `${source} ${resource} ${type}: ${message}`;
}

/** Events that no rule matches. */
export const UNMATCHED = 1;
/** Items that cannot be understood. */
export const MALFORMED = 1;
/** Every alert of the rules with state, in the end: `rule key ×count`. */
export const ALERTS = [
  "broken svc-1 ×4",
  "broken svc-2 ×1",
  "changed 0123456789abcdef0123456789abcdef ×1",
  "flap svc-2 ×2",
  "silent job-1 ×0",
  "surge svc-2 ×2",
  "unheard job-1 ×0",
  "unknown 0123456789abcdef0123456789abcdef ×1",
  "unserved svc-1 ×2",
  "various pool-events ×8",
  "burst job-1 ×4",
  "deploy svc-1 ×1",
  "pool DiskPressure ×2",
  "pool NodeNotReady ×6",
];
