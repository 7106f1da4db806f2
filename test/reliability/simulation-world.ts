// What happens in the simulated cloud, drawn from the seed: late, tied, in twins, in bursts, growing in place, and each
// kept in the truth. What it shows and how it answers is the simulator's.
import type { Random } from "../../lib/simulator/random.ts";
import { beijingSeconds, type CloudEyeEvent, type PoolEvent, utcSeconds } from "../../lib/simulator/shapes.ts";
import { createWorld, type World } from "../../lib/simulator/world.ts";
import { createTruth, join, nameOf, type Occurrence, type Truth } from "./simulation-truth.ts";

const SECOND = 1_000;
const MINUTE = 60_000;

type Source = Occurrence["source"];

export interface Limits {
  /** How late an event may appear and must still be found, by kind; ms. */
  lateness: Record<Source, number>;
  /** Whether the next thing to happen will be shown in a shape that nobody can read. */
  spoils(): boolean;
}

export interface Stage {
  world: World;
  truth: Truth;
  /** One thing happens at `now` (ms, the cloud's clock). Returns what, for people. */
  happen(now: number): string;
}

interface Job {
  id: string;
  begun: number;
  ended?: number;
}

/** A project with three services and two pools at `start`; the first two services are there to stay. */
export function createStage(random: Random, start: number, projectId: string, limits: Limits): Stage {
  const world = createWorld(start, projectId);
  const truth = createTruth();
  const running = new Set<string>();
  const pools: string[] = [];
  const jobs: Job[] = [];
  const items: { pool: string; event: PoolEvent; key: string; last: number }[] = [];
  let named = 0;

  function open(): boolean {
    return jobs.some(({ ended }) => ended === undefined);
  }
  function addService(now: number): string {
    const id = `svc-${++named}`;
    world.addService({ service_id: id, service_name: id, publish_at: now });
    truth.createdAt.set(id, now);
    running.add(id);
    return `service ${id}`;
  }
  function addPool(now: number): string {
    const id = `pool-${++named}`;
    world.addPool({ id, name: id });
    truth.createdAt.set(id, now);
    pools.push(id);
    return `pool ${id}`;
  }
  function addJob(now: number): string {
    const id = `job-${++named}`;
    world.addJob({ id, name: id, createdAt: now });
    truth.createdAt.set(id, now);
    jobs.push({ id, begun: now });
    return `job ${id}`;
  }

  /** How late the API shows it; sometimes as late as is still found, and rarely later than that. */
  function delay(source: Source): number {
    const most = limits.lateness[source];
    const drawn = random.next();
    if (drawn < 0.6) return random.int(0, 2 * SECOND);
    if (drawn < 0.65) return most;
    return drawn < 0.98 ? random.int(0, most) : most + random.int(1, 30 * MINUTE);
  }
  /** Around now, sometimes ahead of it, often on a whole second so that ties come about. */
  function moment(now: number): number {
    const ahead = random.chance(0.03) ? random.int(0, 30 * MINUTE) : 0;
    const t = now + ahead - random.int(0, 20 * SECOND);
    return random.chance(0.5) ? t - (t % SECOND) : t;
  }
  function show(source: Source, target: string, key: string, t: number, now: number, add: () => void): number {
    // What is dated ahead is shown like anything else of now.
    const shownAt = Math.max(now, Math.min(t, now) + delay(source));
    truth.record({ source, target, key, t, shownAt });
    if (limits.spoils()) truth.spoilt.add(nameOf({ source, target, key }));
    world.at(shownAt, () => {
      if (!truth.deleted.has(target)) add();
    });
    return shownAt;
  }
  /** Twice in every field, now and then. */
  function twins(one: () => void): void {
    one();
    if (random.chance(0.12)) one();
  }

  function serviceEvent(now: number, at = moment(now)): string {
    const service = random.pick([...running]);
    const event_type = random.chance(0.4) ? "abnormal" : "normal";
    const event_info = event_type === "normal" ? "Service started." : `Failed to pull image ${random.int(1, 2)}`;
    const event = { occur_time: at, event_type, event_info } as const;
    const key = join(at, event_type, event_info);
    twins(() => show("service-events", service, key, at, now, () => world.addServiceEvents(service, [event])));
    return `${service} ${event_type}`;
  }
  /** Sometimes more of one second than a page of that API holds. */
  function burst(now: number): string {
    const one = random.pick(open() ? [serviceEvent, trainingEvent, cloudEye] : [serviceEvent, cloudEye]);
    const at = now - (now % SECOND);
    const size = random.chance(0.2) ? random.int(100, 130) : random.int(10, 40);
    for (let i = 1; i < size; i++) one(now, at - (random.chance(0.9) ? 0 : random.int(0, 3)));
    return `burst of ${size}: ${one(now, at)}`;
  }
  function trainingEvent(now: number, at = moment(now)): string {
    const job = jobs.findLast(({ ended }) => ended === undefined)!;
    const t = Math.max(job.begun, Math.min(at, now));
    const level = random.pick(["Info", "Warning", "Error"] as const);
    const event = { time: t, level, message: `step ${random.int(1, 3)}`, source: "Task" as const };
    const key = join(beijingSeconds(t), level, event.source, event.message);
    twins(() => show("training-events", job.id, key, t, now, () => world.addTrainingEvents(job.id, [event])));
    return `${job.id} ${level}`;
  }
  function endJob(now: number): string {
    const job = random.pick(jobs.filter(({ ended }) => ended === undefined));
    job.ended = now;
    const { status } = world.jobs.get(job.id)!.row;
    Object.assign(status, { phase: "Completed", start_time: job.begun, duration: now - job.begun });
    return `${job.id} ends`;
  }
  function deleteJob(): string {
    const { id } = random.pick(jobs.filter(({ ended }) => ended !== undefined));
    jobs.splice(
      jobs.findIndex((job) => job.id === id),
      1,
    );
    truth.deleted.add(id);
    world.jobs.delete(id);
    return `${id} is deleted`;
  }
  function poolItem(now: number): string {
    const pool = random.pick(pools);
    const t = Math.floor(Math.min(moment(now), now) / SECOND) * SECOND;
    const event = { type: "Warning", reason: "NodeDown", message: `node ${random.int(1, 3)}` } as const;
    const key = join(event.type, event.reason, event.message, utcSeconds(t));
    twins(() => {
      show("pool-events", pool, key, t, now, () => {
        items.push({ pool, event: world.addPoolEvent(pool, { ...event, time: t }), key, last: t });
      });
    });
    return `${pool} item`;
  }
  function growItem(now: number): string {
    const item = random.pick(items.slice(-20));
    const t = Math.floor(now / SECOND) * SECOND;
    const by = random.int(1, 3);
    item.last = Math.max(item.last, t);
    for (let i = 0; i < by; i++)
      truth.record({ source: "pool-events", target: item.pool, key: item.key, t, shownAt: now });
    world.advance(now);
    world.growPoolEvent(item.pool, item.event, by, item.last);
    return `${item.pool} item grows by ${by}`;
  }
  function update(now: number): string {
    const service = random.pick(["svc-1", "svc-2"]);
    const t = Math.min(moment(now), now);
    const model = random.pick(["m1", "m2"]);
    const result = random.pick(["SUCCESS", "FAIL"] as const);
    const takes = random.chance(0.3) ? 0 : random.int(0, 90 * MINUTE);
    const key = (word: string) => join(t, model, word);
    twins(() => {
      const config = [{ model_name: model, envs: { KEY: "hidden" } }];
      const shownAt = show("service-updates", service, key(result), t, now, () => {
        const log = world.addUpdateLog(service, { update_time: t, result: takes === 0 ? result : "RUNNING", config });
        world.at(shownAt + takes, () => {
          log.result = result;
        });
      });
      if (takes > 0) {
        const passing = {
          source: "service-updates",
          target: service,
          key: key("RUNNING"),
          t,
          shownAt,
          passing: true,
        } as const;
        truth.record(passing);
      }
    });
    return `${service} update`;
  }
  function cloudEye(now: number, at = moment(now)): string {
    const t = Math.min(at, now + 5 * MINUTE);
    const event_name = random.pick(["rebootServer", "deleteVolume", "event_001"]);
    const event_type = event_name === "event_001" ? "EVENT.CUSTOM" : "EVENT.SYS";
    const event_id = `ev${random.hex(12)}`;
    const detail = {
      content: "",
      group_id: "",
      resource_id: "r1",
      resource_name: "server-1",
      event_state: "warning",
      event_level: "Major",
      event_user: "",
      event_type,
      dimensions: [],
    };
    const event = { event_id, event_name, event_source: "SYS.ECS", time: t, detail } as CloudEyeEvent;
    show("cloud-eye-events", projectId, event_id, t, now, () => world.addCloudEyeEvents([event]));
    return `Cloud Eye ${event_name}`;
  }
  function stopService(now: number): string {
    const id = random.pick([...running].slice(2));
    running.delete(id);
    truth.left.set(id, truth.left.get(id) ?? now);
    truth.away.set(id, Number.POSITIVE_INFINITY);
    world.services.get(id)!.row.status = "stopped";
    return `${id} stops`;
  }
  function startService(now: number): string {
    const id = random.pick([...world.services.keys()].filter((one) => !running.has(one)));
    running.add(id);
    truth.away.set(id, now);
    world.services.get(id)!.row.status = "running";
    return `${id} starts again`;
  }

  const happenings: { weight: number; possible: () => boolean; happen: (now: number) => string }[] = [
    { weight: 30, possible: () => true, happen: serviceEvent },
    { weight: 1, possible: () => true, happen: burst },
    { weight: 20, possible: open, happen: trainingEvent },
    { weight: 8, possible: () => true, happen: poolItem },
    { weight: 12, possible: () => items.length > 0, happen: growItem },
    { weight: 6, possible: () => true, happen: update },
    { weight: 15, possible: () => true, happen: cloudEye },
    { weight: 4, possible: () => jobs.length < 8, happen: addJob },
    { weight: 3, possible: open, happen: endJob },
    { weight: 1, possible: () => jobs.some(({ ended }) => ended !== undefined), happen: deleteJob },
    { weight: 1, possible: () => world.services.size < 6, happen: addService },
    { weight: 1, possible: () => running.size > 2, happen: stopService },
    { weight: 1, possible: () => running.size < world.services.size, happen: startService },
  ];
  for (let i = 0; i < 3; i++) addService(start);
  for (let i = 0; i < 2; i++) addPool(start);
  addJob(start);

  return {
    world,
    truth,
    happen(now) {
      const possible = happenings.filter((one) => one.possible());
      const lots = possible.flatMap((one) => Array.from({ length: one.weight }, () => one));
      return random.pick(lots).happen(now);
    },
  };
}
