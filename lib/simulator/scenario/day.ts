// A day at the simulated project, put together from its stories: a little has happened already,
// something happens soon, and it goes on.
import { INCIDENTS, POOLS, ROUTINE, SERVICES } from "./cast.ts";
import { jobArrivals } from "./jobs.ts";
import { machineLife, machineTrouble } from "./machines.ts";
import { nodeLoss, poolLife } from "./pools.ts";
import { pullTrouble, serviceLife } from "./services.ts";
import { play, SECOND, type Stage, type Story } from "./stage.ts";

/** How much of the day lies behind when the simulator starts: real ms. */
export const HISTORY = 120_000;
/** What is kept of it, so that a simulator that runs for weeks stays small. */
const KEEP = 24 * 3_600_000;
const KEEP_EVENTS = 10_000;

/** Plans the day from the world's now on; the simulator is taken to start HISTORY later. */
export function playDay(stage: Stage): void {
  const { world, random } = stage;
  const begin = world.now();
  const start = begin + HISTORY;
  const plan = (label: string, story: (own: Stage) => Story, at = begin) => {
    const own = { ...stage, random: random.fork(label) };
    play(own, story(own), at);
  };
  // So that whoever has just started it need not wait for something to look at.
  const soon = { pull: start + SECOND, fault: start + 2 * SECOND, loss: start + 3 * SECOND };
  for (const [index, { name, model }] of SERVICES.entries()) {
    const service = world.addService({ service_id: random.fork(name).uuid(), service_name: name });
    if (index > 0) plan(`service ${name}`, (own) => serviceLife(own, service, model));
    else
      plan(
        `service ${name}`,
        (own) => inTurn(pullTrouble(own, service, model), serviceLife(own, service, model)),
        soon.pull,
      );
  }
  for (const [index, { name, nodes }] of POOLS.entries()) {
    const pool = world.addPool({ id: `pool-${random.fork(name).hex(32)}`, name, nodes });
    if (index > 0) plan(`pool ${name}`, (own) => poolLife(own, pool));
    else plan(`pool ${name}`, (own) => inTurn(nodeLoss(own, pool), poolLife(own, pool)), soon.loss);
  }
  plan("first fault", (own) => machineTrouble(own, INCIDENTS[0]!), soon.fault);
  plan("jobs", jobArrivals);
  plan("machines", (own) => machineLife(own, INCIDENTS, [6, 25]));
  plan("routine", (own) => machineLife(own, ROUTINE, [8, 30]));
  plan("keep", forget);
}

function* inTurn(...stories: Story[]): Story {
  for (const story of stories) yield* story;
}

/** Every ten real minutes drops what is older than KEEP, and the oldest beyond KEEP_EVENTS of a target. */
function* forget({ world, speed }: Stage): Story {
  for (;;) {
    yield 10 * 60 * SECOND * speed;
    world.trim(world.now() - KEEP, KEEP_EVENTS);
  }
}
