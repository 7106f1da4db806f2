// The life of a service: deployments and updates that work, and those that do not.
import type { Random } from "../random.ts";
import type { ServiceStatus, UpdateLog } from "../shapes.ts";
import { fill, SERVICE } from "../texts.ts";
import type { SimulatedService } from "../world.ts";
import { happen, minutes, type Stage, type Story, seconds } from "./stage.ts";

interface Scene extends Stage {
  service: SimulatedService;
  model: string;
}

/** One episode after the other, without end. */
export function* serviceLife(stage: Stage, service: SimulatedService, model: string): Story {
  const scene: Scene = { ...stage, service, model };
  for (;;) {
    yield minutes(scene, 20, 110);
    yield* episode(scene);
  }
}

/** The pull of an image that fails before it works: what a demonstration begins with. */
export function* pullTrouble(stage: Stage, service: SimulatedService, model: string): Story {
  yield* update({ ...stage, service, model }, troubledPull);
}

function* episode(scene: Scene): Story {
  const { random } = scene;
  if (random.chance(0.3)) return yield* update(scene, plainPull);
  if (random.chance(0.35)) return yield* update(scene, troubledPull);
  if (random.chance(0.35)) return yield* failedUpdate(scene);
  if (random.chance(0.4)) return yield* failedBuild(scene);
  yield* restart(scene);
}

function* update(scene: Scene, pull: (scene: Scene) => Story): Story {
  const finish = beginUpdate(scene);
  say(scene, "deployStarts");
  yield seconds(scene, 5, 40);
  say(scene, "building");
  yield minutes(scene, 1, 4);
  say(scene, "built");
  say(scene, "preparing");
  if (scene.random.chance(0.25)) {
    yield minutes(scene, 1, 3);
    say(scene, "insufficient");
    become(scene, "waiting");
    yield minutes(scene, 8, 20);
    become(scene, "deploying");
  }
  yield seconds(scene, 20, 60);
  say(scene, "prepared");
  say(scene, "scheduled");
  yield* pull(scene);
  say(scene, "starting");
  yield seconds(scene, 20, 90);
  say(scene, "started");
  become(scene, "running");
  finish("SUCCESS");
}

function* plainPull(scene: Scene): Story {
  say(scene, "pulling");
  yield minutes(scene, 1, 2);
  say(scene, "pulled");
}

function* troubledPull(scene: Scene): Story {
  say(scene, "pulling");
  for (let tries = scene.random.int(2, 4); tries > 0; tries--) {
    yield minutes(scene, 1, 3);
    say(scene, "pullFailed");
  }
  yield minutes(scene, 4, 15);
  say(scene, "pulled");
}

function* failedUpdate(scene: Scene): Story {
  const finish = beginUpdate(scene);
  say(scene, "updating");
  yield minutes(scene, 1, 3);
  say(scene, "pulling");
  yield minutes(scene, 2, 4);
  say(scene, "pullFailed");
  yield minutes(scene, 2, 4);
  say(scene, "rollingBack");
  finish("FAIL");
  become(scene, "concerning");
  yield minutes(scene, 2, 6);
  const recovered = scene.random.chance(0.7);
  say(scene, recovered ? "rolledBack" : "rollbackFailed");
  become(scene, recovered ? "running" : "failed");
  if (recovered) return;
  yield minutes(scene, 15, 40);
  yield* update(scene, plainPull);
}

function* failedBuild(scene: Scene): Story {
  const finish = beginUpdate(scene);
  say(scene, "deployStarts");
  yield seconds(scene, 5, 40);
  say(scene, "building");
  yield minutes(scene, 3, 8);
  const slow = scene.random.chance(0.4);
  if (!slow) say(scene, "buildFailed");
  if (slow) say(scene, "timedOut", "Creating the image timed out. The timeout duration is 60 minutes.");
  else say(scene, "failed", "Failed to create the image.");
  become(scene, "failed");
  finish("FAIL");
  yield minutes(scene, 10, 30);
  yield* update(scene, plainPull);
}

function* restart(scene: Scene): Story {
  say(scene, "stopping");
  become(scene, "stopping");
  yield seconds(scene, 20, 60);
  say(scene, "stopped");
  become(scene, "stopped");
  yield minutes(scene, 5, 20);
  say(scene, "beingStarted");
  become(scene, "deploying");
  yield minutes(scene, 1, 3);
  say(scene, "started");
  become(scene, "running");
}

/** Writes the update log; the returned function gives it its result. */
function beginUpdate(scene: Scene): (result: "SUCCESS" | "FAIL") => void {
  const { world, service, random, model, switches } = scene;
  const log: UpdateLog = { update_time: world.now(), result: "RUNNING", config: [configOf(model, random)] };
  become(scene, "deploying");
  if (switches.updateRunning) world.addUpdateLog(service.row.service_id, log);
  return (result) => {
    log.result = result;
    if (!switches.updateRunning) world.addUpdateLog(service.row.service_id, log);
  };
}

function configOf(model: string, random: Random): Record<string, unknown> {
  const [name, version] = model.split(" ", 2);
  return {
    model_version: version,
    specification: "modelarts.vm.gpu.p4",
    model_name: name,
    weight: 100,
    model_id: random.uuid(),
    instance_count: random.int(1, 4),
    // Real configurations hold secrets here; nothing that polls may show them.
    envs: { LOG_LEVEL: "info", DB_PASSWORD: "simulated-database-password" },
  };
}

function say(scene: Scene, what: keyof typeof SERVICE, error = ""): void {
  const { world, service, model } = scene;
  const [event_type, text] = SERVICE[what];
  const event_info = fill(text, { model, service: service.row.service_name, error });
  happen(scene, (occur_time) =>
    world.addServiceEvents(service.row.service_id, [{ occur_time, event_type, event_info }]),
  );
}

function become({ world, service: { row } }: Scene, status: ServiceStatus): void {
  row.status = status;
  row.transition_at = world.now();
  if (status === "deploying") row.publish_at = world.now();
}
