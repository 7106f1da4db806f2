// Everything the simulated project contains. It is filled by a scenario or by hand, and only ever changes in `advance`
// or by a direct call, so that for one seed and one clock it is always the same.
import { jobRow, type NewJob, type NewPool, type NewService, poolRow, serviceRow } from "./rows.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import type {
  CloudEyeEvent,
  JobRow,
  PoolEvent,
  PoolRow,
  ServiceEvent,
  ServiceRow,
  TrainingEvent,
  UpdateLog,
} from "./shapes.ts";
import { beijingSeconds, utcSeconds } from "./shapes.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

export interface SimulatedService {
  row: ServiceRow;
  events: Timeline<ServiceEvent>;
  /** Oldest first. */
  updates: UpdateLog[];
}
export interface SimulatedPool {
  row: PoolRow;
  events: Timeline<PoolEvent>;
}
export interface SimulatedJob {
  row: JobRow;
  events: Timeline<TrainingEvent>;
}

type NewPoolEvent = Pick<PoolEvent, "type" | "reason" | "message"> & { time: number; count?: number };

export interface World extends Schedule {
  readonly services: Map<string, SimulatedService>;
  readonly pools: Map<string, SimulatedPool>;
  readonly jobs: Map<string, SimulatedJob>;
  /** By `event_type` and `event_name`: what Cloud Eye makes a row of. */
  readonly cloudEye: Map<string, Timeline<CloudEyeEvent>>;
  addService(row: NewService): SimulatedService;
  addPool(pool: NewPool): SimulatedPool;
  addJob(job: NewJob): SimulatedJob;
  /** Times in ms; a million from a generator is fine. */
  addServiceEvents(serviceId: string, events: Iterable<ServiceEvent>): void;
  /** The returned log may be changed: its `result` is what the API shows from then on. */
  addUpdateLog(serviceId: string, log: UpdateLog): UpdateLog;
  /** `time` in ms is the first and last timestamp; the returned event can be given to `growPoolEvent`. */
  addPoolEvent(poolId: string, event: NewPoolEvent): PoolEvent;
  growPoolEvent(poolId: string, event: PoolEvent, by: number, time: number): void;
  addTrainingEvents(jobId: string, events: Iterable<Omit<TrainingEvent, "time"> & { time: number }>): void;
  addCloudEyeEvents(events: Iterable<CloudEyeEvent>): void;
  /** Drops what is older than `before` (ms), and the oldest beyond `most` of each target. */
  trim(before: number, most: number): void;
}

/** An empty project; `start` in ms. Adding to a target that is not there throws. */
export function createWorld(start: number, projectId: string): World {
  const services = new Map<string, SimulatedService>();
  const pools = new Map<string, SimulatedPool>();
  const jobs = new Map<string, SimulatedJob>();
  const cloudEye = new Map<string, Timeline<CloudEyeEvent>>();
  const schedule = createSchedule(start);
  return {
    ...schedule,
    services,
    pools,
    jobs,
    cloudEye,
    addService(row) {
      const service = { row: serviceRow(row, schedule.now(), projectId), events: serviceTimeline(), updates: [] };
      services.set(row.service_id, service);
      return service;
    },
    addPool({ id, name, workspace = "0", nodes = 4, phase = "Running" }) {
      const row = poolRow({ id, name, workspace, nodes, phase }, schedule.now());
      const pool = { row, events: poolTimeline() };
      pools.set(id, pool);
      return pool;
    },
    addJob({ id, name, workspace = "0", phase = "Running", createdAt = schedule.now() }) {
      const job = { row: jobRow({ id, name, workspace, phase, createdAt }), events: jobTimeline() };
      jobs.set(id, job);
      return job;
    },
    addServiceEvents(serviceId, events) {
      there(services, serviceId).events.add(events);
    },
    addUpdateLog(serviceId, log) {
      there(services, serviceId).updates.push(log);
      return log;
    },
    addPoolEvent(poolId, given) {
      const event = poolEvent(given);
      there(pools, poolId).events.add([event]);
      return event;
    },
    growPoolEvent(poolId, event, by, time) {
      there(pools, poolId).events.change(event, () => {
        event.count += by;
        event.lastTimestamp = utcSeconds(time);
      });
    },
    addTrainingEvents(jobId, events) {
      there(jobs, jobId).events.add([...events].map((event) => ({ ...event, time: beijingSeconds(event.time) })));
    },
    addCloudEyeEvents(events) {
      for (const [key, group] of Map.groupBy(events, (event) => `${event.detail.event_type} ${event.event_name}`)) {
        const timeline = cloudEye.get(key) ?? createTimeline<CloudEyeEvent>((event) => event.time);
        cloudEye.set(key, timeline);
        timeline.add(group);
      }
    },
    trim(before, most) {
      for (const { events } of [...services.values(), ...pools.values(), ...jobs.values()]) events.trim(before, most);
      for (const events of cloudEye.values()) events.trim(before, most);
      for (const service of services.values())
        service.updates = service.updates.filter((log) => log.update_time >= before).slice(-most);
    },
  };
}

function poolEvent({ time, count = 1, type, reason, message }: NewPoolEvent): PoolEvent {
  const at = utcSeconds(time);
  return { kind: "Event", apiVersion: "v1", type, firstTimestamp: at, lastTimestamp: at, count, reason, message };
}

function serviceTimeline(): Timeline<ServiceEvent> {
  return createTimeline(
    (event) => event.occur_time,
    (event) => event.event_type,
  );
}

function poolTimeline(): Timeline<PoolEvent> {
  return createTimeline(
    (event) => Date.parse(event.lastTimestamp),
    (event) => event.type,
  );
}

function jobTimeline(): Timeline<TrainingEvent> {
  return createTimeline(
    (event) => Date.parse(event.time),
    (event) => event.level,
  );
}

function there<T>(targets: Map<string, T>, id: string): T {
  const target = targets.get(id);
  if (!target) throw new Error(`The simulated project has no target "${id}": add it first.`);
  return target;
}
