// How stories are played: each is a generator that does something and yields how long, in the life of the cloud,
// nothing follows. Waits are shortened by the speed; what happens is stamped with the real time at which it happens.
import type { Random } from "../random.ts";
import type { Switches } from "../switches.ts";
import type { World } from "../world.ts";

/** Yields milliseconds of the cloud's own time. */
export type Story = Generator<number, void>;

export interface Stage {
  world: World;
  /** This story's own numbers. */
  random: Random;
  speed: number;
  switches: Switches;
}

export const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Tells a story from `at` (real ms) on. */
export function play(stage: Stage, story: Story, at: number): void {
  function step(): void {
    const { value, done } = story.next();
    if (!done) stage.world.at(Math.round(stage.world.now() + value / stage.speed), step);
  }
  stage.world.at(at, step);
}

/** A wait of that many minutes to that many. */
export function minutes({ random }: Stage, min: number, max: number): number {
  return min * MINUTE + random.next() * (max - min) * MINUTE;
}

export function seconds({ random }: Stage, min: number, max: number): number {
  return min * SECOND + random.next() * (max - min) * SECOND;
}

/** Lets an event show: at once, or late, or twice, as the switches have it. `show` gets the time it happened (ms). */
export function happen({ world, random, switches: { late, twins } }: Stage, show: (time: number) => void): void {
  const time = world.now();
  const times = random.chance(twins) ? 2 : 1;
  for (let i = 0; i < times; i++) {
    if (random.chance(late.chance)) world.at(time + random.int(1, Math.max(1, late.upTo)), () => show(time));
    else show(time);
  }
}
