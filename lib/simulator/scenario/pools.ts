// The life of a resource pool: nodes are lost, the pool suffers, the nodes come back.
import type { PoolEvent } from "../shapes.ts";
import { fill, POOL } from "../texts.ts";
import type { SimulatedPool } from "../world.ts";
import { happen, minutes, type Stage, type Story } from "./stage.ts";

/** One loss of nodes after the other, without end. */
export function* poolLife(stage: Stage, pool: SimulatedPool): Story {
  for (;;) {
    yield minutes(stage, 40, 140);
    yield* nodeLoss(stage, pool);
  }
}

/** Nodes fail, are reported again while they stay away, and recover. */
export function* nodeLoss(stage: Stage, pool: SimulatedPool): Story {
  const { random, world, switches } = stage;
  const { flavor, count: nodes } = pool.row.spec.resources[0]!;
  const lost = random.int(1, Math.min(2, nodes - 1));
  const [before, after] = [`${nodes}/0/0/0`, `${nodes - lost}/${lost}/0/0`];
  function nodesAre(available: number): void {
    const abnormal = nodes - available;
    pool.row.status.resources = {
      available: [{ flavor, count: available }],
      abnormal: abnormal > 0 ? [{ flavor, count: abnormal }] : [],
    };
  }

  nodesAre(nodes - lost);
  const report = resourcesChanged(stage, pool, "Warning", before, after);
  for (let again = random.int(0, 3); again > 0; again--) {
    yield minutes(stage, 2, 5);
    if (report && switches.poolGrowth) world.growPoolEvent(pool.row.metadata.name, report, 1, world.now());
    else resourcesChanged(stage, pool, "Warning", before, after);
  }
  const down = lost > 1 || random.chance(0.3);
  if (down) {
    yield minutes(stage, 1, 3);
    say(stage, pool, "Warning", POOL.abnormal, {});
    pool.row.status.phase = "Abnormal";
  }
  yield minutes(stage, 10, 35);
  nodesAre(nodes);
  resourcesChanged(stage, pool, "Normal", after, before);
  if (!down) return;
  yield minutes(stage, 1, 2);
  say(stage, pool, "Normal", POOL.running, {});
  pool.row.status.phase = "Running";
}

function resourcesChanged(
  stage: Stage,
  pool: SimulatedPool,
  type: PoolEvent["type"],
  from: string,
  to: string,
): PoolEvent | undefined {
  return say(stage, pool, type, POOL.resources, { from, to, seconds: Math.floor(stage.world.now() / 1000) });
}

/** The event, unless it shows later. */
function say(
  stage: Stage,
  pool: SimulatedPool,
  type: PoolEvent["type"],
  [reason, text]: readonly [string, string],
  values: Record<string, string | number>,
): PoolEvent | undefined {
  let event: PoolEvent | undefined;
  happen(stage, (time) => {
    event = stage.world.addPoolEvent(pool.row.metadata.name, { type, reason, message: fill(text, values), time });
  });
  return event;
}
