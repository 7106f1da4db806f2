// A steady stream of events for the simulated cloud, in real time: all five kinds, ties and twins among them.
import type { Random } from "../../lib/simulator/random.ts";
import type { Simulator } from "../../lib/simulator/server.ts";
import { beijingSeconds, type CloudEyeEvent, type PoolEvent, utcSeconds } from "../../lib/simulator/shapes.ts";
import type { World } from "../../lib/simulator/world.ts";
import { createTruth, join, type Occurrence, type Truth } from "./simulation-truth.ts";

const EVERY_MS = 100;
const SECOND = 1_000;

export interface Stream {
  truth: Truth;
  stop(): void;
}

/** Begins at once. */
export function startStream(sim: Simulator, random: Random): Stream {
  const truth = createTruth();
  const { world } = sim;
  const project = sim.credentials.projectId;
  world.addService({ service_id: "svc-1", service_name: "svc-1" });
  world.addPool({ id: "pool-1", name: "pool-1" });
  world.addJob({ id: "job-1", name: "job-1" });
  const items: { event: PoolEvent; key: string }[] = [];

  function record(source: Occurrence["source"], target: string, key: string, now: number): void {
    truth.record({ source, target, key, t: now, shownAt: now });
  }
  const kinds: ((world: World, now: number) => void)[] = [
    (world, now) => {
      const event = {
        occur_time: now - (now % SECOND),
        event_type: "abnormal",
        event_info: `fault ${random.int(1, 2)}`,
      } as const;
      record("service-events", "svc-1", join(event.occur_time, event.event_type, event.event_info), now);
      world.addServiceEvents("svc-1", [event]);
    },
    (world, now) => {
      const event = { time: now, level: "Error", message: `step ${random.int(1, 2)}`, source: "Task" } as const;
      record("training-events", "job-1", join(beijingSeconds(now), event.level, event.source, event.message), now);
      world.addTrainingEvents("job-1", [event]);
    },
    (world, now) => {
      const item = items.at(-1);
      if (item !== undefined && random.chance(0.6)) {
        record("pool-events", "pool-1", item.key, now);
        world.growPoolEvent("pool-1", item.event, 1, now);
        return;
      }
      const event = { type: "Warning", reason: "NodeDown", message: `node ${items.length}`, time: now } as const;
      const key = join(event.type, event.reason, event.message, utcSeconds(now));
      record("pool-events", "pool-1", key, now);
      items.push({ event: world.addPoolEvent("pool-1", event), key });
    },
    (world, now) => {
      record("service-updates", "svc-1", join(now, "m1", "FAIL"), now);
      world.addUpdateLog("svc-1", { update_time: now, result: "FAIL", config: [{ model_name: "m1" }] });
    },
    (world, now) => {
      const event_id = `ev${random.hex(12)}`;
      const event_name = random.pick(["rebootServer", "deleteVolume"]);
      const detail = { event_level: "Major", event_type: "EVENT.SYS", resource_id: "r1", resource_name: "server-1" };
      record("cloud-eye-events", project, event_id, now);
      world.addCloudEyeEvents([{ event_id, event_name, event_source: "SYS.ECS", time: now, detail } as CloudEyeEvent]);
    },
  ];
  const timer = setInterval(() => random.pick(kinds)(sim.world, Date.now()), EVERY_MS);
  return { truth, stop: () => clearInterval(timer) };
}
