// An incident as people live it: a pool goes down and takes services and jobs with it, one service flaps, and all of it
// recovers. 98 abnormal events.
import type { World } from "../lib/simulator/world.ts";

const MINUTE = 60_000;
const POOL = "gpu-a100";
const SERVICES = [
  "asr",
  "chat",
  "detect",
  "embed",
  "ocr",
  "rank",
  "search",
  "segment",
  "summarise",
  "tag",
  "track",
  "tts",
];
const FLAPPING = "forecast";
const JOBS = ["finetune-1", "finetune-2", "pretrain", "sweep-1", "sweep-2"];

/** One event of the story. */
export interface Happening {
  /** ms from the story's start. */
  at: number;
  kind: "service-events" | "pool-events" | "training-events";
  resource: string;
  message: string;
  isAbnormal: boolean;
}

/** What breaks at the same moment: the first message about any of it is to name all of it. */
export interface Wave {
  name: string;
  at: number;
  resources: readonly string[];
}

const POOL_DOWN = 2.5 * MINUTE;
const JOBS_DOWN = 8.5 * MINUTE;
const FLAPS = 11.5 * MINUTE;
const RECOVERY = 36.5 * MINUTE;

export const WAVES: readonly Wave[] = [
  { name: "the pool", at: POOL_DOWN, resources: [POOL] },
  { name: "its services", at: POOL_DOWN, resources: SERVICES },
  { name: "its jobs", at: JOBS_DOWN, resources: JOBS },
  { name: "the flapping service", at: FLAPS, resources: [FLAPPING] },
];

/** Sorted by time. */
export function story(): Happening[] {
  const all = [...pool(), ...SERVICES.flatMap(service), ...JOBS.flatMap(job), ...flapping()];
  return all.sort((a, b) => a.at - b.at);
}

function pool(): Happening[] {
  const counts = (from: string, to: string) =>
    `Pool resources status changed, available/abnormal/creating/deleting count from ${from} to ${to}, timestamp: 1.`;
  const one = (at: number, message: string, isAbnormal: boolean): Happening => {
    return { at, kind: "pool-events", resource: POOL, message, isAbnormal };
  };
  return [
    one(POOL_DOWN, counts("8/0/0/0", "5/3/0/0"), true),
    one(POOL_DOWN, counts("5/3/0/0", "0/8/0/0"), true),
    one(POOL_DOWN, "Pool status changed, from Running to Abnormal, details: .", true),
    one(RECOVERY, counts("0/8/0/0", "8/0/0/0"), false),
    one(RECOVERY, "Pool status changed, from Abnormal to Running, details: .", false),
  ];
}

/** Each fails at once, and every six minutes somebody or something tries again, each time on another instance. */
function service(name: string): Happening[] {
  const tries = [0, 6, 12, 18, 24, 30].map((minutes, index): Happening => {
    const message = `Service ${name} failed. Error: instance ${name}-${index + 1} is unreachable`;
    return { at: POOL_DOWN + minutes * MINUTE, kind: "service-events", resource: name, message, isAbnormal: true };
  });
  return [...tries, started(name, RECOVERY)];
}

function job(name: string): Happening[] {
  const one = (at: number, message: string, isAbnormal = true): Happening => {
    return { at, kind: "training-events", resource: name, message, isAbnormal };
  };
  return [
    one(JOBS_DOWN, "[worker-0] Training finished. Exit code 137."),
    one(JOBS_DOWN + 3 * MINUTE, "[worker-1] Training finished. Exit code 1."),
    one(JOBS_DOWN + 6 * MINUTE, "Training job failed."),
    one(RECOVERY, "Training job is running.", false),
  ];
}

/** Down for two minutes, up for two. */
function flapping(): Happening[] {
  return Array.from({ length: 8 }, (_, index) => FLAPS + 4 * index * MINUTE).flatMap((at, index) => {
    const message = `Service ${FLAPPING} failed. Error: the container exited with code 137, restart ${index + 1}`;
    const failed: Happening = { at, kind: "service-events", resource: FLAPPING, message, isAbnormal: true };
    return [failed, started(FLAPPING, at + 2 * MINUTE)];
  });
}

function started(name: string, at: number): Happening {
  const message = `Service ${name} started.`;
  return { at, kind: "service-events", resource: name, message, isAbnormal: false };
}

/** Puts everything that the story names into the simulated project. */
export function populate(world: World): void {
  world.addPool({ id: POOL, name: POOL, nodes: 8 });
  for (const name of [...SERVICES, FLAPPING]) world.addService({ service_id: name, service_name: name });
  for (const name of JOBS) world.addJob({ id: name, name });
}

/** The APIs show it from now on. `time` in ms. */
export function show(world: World, { kind, resource, message, isAbnormal }: Happening, time: number): void {
  if (kind === "service-events") {
    const event_type = isAbnormal ? ("abnormal" as const) : ("normal" as const);
    world.addServiceEvents(resource, [{ occur_time: time, event_type, event_info: message }]);
  } else if (kind === "pool-events") {
    const reason = message.startsWith("Pool status") ? "PoolStatusChange" : "PoolResourcesStatusChange";
    world.addPoolEvent(resource, { time, type: isAbnormal ? "Warning" : "Normal", reason, message });
  } else {
    const level = message === "Training job failed." ? ("Error" as const) : ("Info" as const);
    world.addTrainingEvents(resource, [{ time, level, message, source: "Job" as const }]);
  }
}
