// The lives of training jobs: they come, queue, run, end well or badly, and are cleaned up, so that
// a list read once is soon old.
import type { JobPhase } from "../shapes.ts";
import { fill, TRAINING } from "../texts.ts";
import type { SimulatedJob } from "../world.ts";
import { JOBS } from "./cast.ts";
import { happen, minutes, play, type Stage, type Story, seconds } from "./stage.ts";

interface Scene extends Stage {
  job: SimulatedJob;
}

/** A new job every now and then, without end. */
export function* jobArrivals(stage: Stage): Story {
  for (let number = 1; ; number++) {
    const random = stage.random.fork(`job ${number}`);
    const name = `${random.pick(JOBS)}-${String(number).padStart(4, "0")}`;
    const job = stage.world.addJob({ id: random.uuid(), name, phase: "Creating" });
    const scene: Scene = { ...stage, random, job };
    play(scene, jobLife(scene), stage.world.now());
    yield minutes(stage, 15, 45);
  }
}

function* jobLife(scene: Scene): Story {
  const { random, job, world } = scene;
  say(scene, "created");
  yield seconds(scene, 10, 60);
  say(scene, "queuing");
  become(scene, "Pending");
  yield minutes(scene, 1, 12);
  if (random.chance(0.05)) {
    say(scene, "queueFailed");
    become(scene, "Failed");
  } else {
    yield* startUp(scene);
    yield* outcome(scene);
  }
  yield minutes(scene, 600, 900);
  world.jobs.delete(job.row.metadata.id);
}

function* startUp(scene: Scene): Story {
  say(scene, "pulled");
  say(scene, "containerCreated");
  say(scene, "containerStarted");
  yield seconds(scene, 3, 20);
  say(scene, "running");
  become(scene, "Running");
  yield seconds(scene, 1, 5);
  say(scene, "started");
  scene.job.row.status.start_time = scene.world.now();
}

function* outcome(scene: Scene): Story {
  const { random } = scene;
  yield minutes(scene, 15, 70);
  if (random.chance(0.15)) {
    say(scene, "preempted");
    become(scene, "Pending");
    yield minutes(scene, 5, 25);
    say(scene, "restarted");
    yield* startUp(scene);
    yield minutes(scene, 10, 40);
  }
  if (random.chance(0.12)) {
    say(scene, "suspended");
    yield minutes(scene, 10, 30);
    if (random.chance(0.5)) return yield* stoppedByHand(scene);
  }
  if (random.chance(0.06)) {
    say(scene, "inputFailed");
    return yield* end(scene, 1);
  }
  yield* end(scene, random.chance(0.55) ? 0 : random.pick([1, 1, 137]));
}

function* end(scene: Scene, code: number): Story {
  const { random, job, world } = scene;
  say(scene, "finished", { code });
  say(scene, "uploading");
  say(scene, "uploaded", { seconds: (random.int(100, 9000) / 1000).toFixed(3) });
  yield seconds(scene, 2, 10);
  say(scene, "terminate");
  yield seconds(scene, 10, 30);
  say(scene, code === 0 ? "executed" : "failed");
  become(scene, code === 0 ? "Completed" : "Failed");
  job.row.status.duration = world.now() - job.row.status.start_time;
  job.row.status.task_statuses = [{ task: "worker-0", exit_code: code, message: "" }];
}

function* stoppedByHand(scene: Scene): Story {
  say(scene, "terminate");
  yield seconds(scene, 10, 30);
  say(scene, "stoppedByHand");
  become(scene, "Terminated");
}

function say(scene: Scene, what: keyof typeof TRAINING, values: Record<string, string | number> = {}): void {
  const { world, job } = scene;
  const { id } = job.row.metadata;
  const [level, source, text] = TRAINING[what];
  const image = "resource-path/modelarts-job-dev-image/modelarts-tool-container:1.0.0-5.3.1-b002.2";
  const message = fill(text, { job: id, image, ...values });
  happen(scene, (time) => {
    if (world.jobs.has(id)) world.addTrainingEvents(id, [{ time, level, source, message }]);
  });
}

function become({ job: { row } }: Scene, phase: JobPhase): void {
  row.status.phase = phase;
  row.status.secondary_phase = phase;
}
