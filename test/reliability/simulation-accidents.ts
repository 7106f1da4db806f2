// What befalls Lookout and the cloud between two steps. Each kind has a stream of its own: taking one away leaves the
// others where they were, which is how a failing seed is made smaller.
import type { OpenedConfig } from "../../lib/app/open-config.ts";
import type { Random } from "../../lib/simulator/random.ts";
import type { Cloud } from "./simulation-cloud.ts";
import type { Driver } from "./simulation-drivers.ts";
import type { Machine } from "./simulation-process.ts";
import type { Rates } from "./simulation-profile.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Accident =
  | "crash"
  | "stop"
  | "downtime"
  | "outage"
  | "repeatedPages"
  | "detailFlips"
  | "reload"
  | "clockStep"
  | "overlap";

export interface Accidents {
  /** Says what happened. */
  strike(step: number): string[];
  /** Until then nothing of Lookout is started; ms. */
  downUntil(): number;
  /** Nothing lasts any longer. */
  end(): void;
}

export interface Scene {
  machine: Machine;
  cloud: Cloud;
  driver: Driver;
  configs: readonly OpenedConfig[];
  random: Random;
}

export function createAccidents({ machine, cloud, driver, configs, random: root }: Scene): Accidents {
  const { time, profile } = machine;
  let downUntil = 0;

  function during(what: "down" | "repeats", ms: number): string {
    cloud[what] = true;
    time.at(time.now() + ms, () => {
      cloud[what] = false;
    });
    return `cloud ${what} for ${Math.round(ms / MINUTE)} min`;
  }

  const effects: Record<Accident, (random: Random) => string> = {
    crash(random) {
      const fate = { calls: random.int(0, 150), end: random.pick(["before", "after"] as const) };
      machine.fates.push(fate);
      return `a process will die ${fate.end} call ${fate.calls}`;
    },
    stop(random) {
      const fate = { calls: random.int(0, 150), end: "stop" } as const;
      machine.fates.push(fate);
      return `a process will be told to stop at call ${fate.calls}`;
    },
    downtime(random) {
      downUntil = time.now() + random.int(MINUTE, 3 * HOUR);
      for (const process of machine.processes) process.die();
      return `down for ${Math.round((downUntil - time.now()) / MINUTE)} min`;
    },
    outage: (random) => during("down", random.int(MINUTE, 3 * HOUR)),
    repeatedPages: (random) => during("repeats", random.int(MINUTE, 10 * MINUTE)),
    detailFlips() {
      const { switches } = cloud;
      switches.cloudEyeDetail = switches.cloudEyeDetail === "absent" ? "present" : "absent";
      return `the details of Cloud Eye are ${switches.cloudEyeDetail}`;
    },
    reload(random) {
      const next = random.int(0, configs.length - 1);
      driver.reload(configs[next]!);
      return `configuration ${next}`;
    },
    clockStep(random) {
      machine.skew = random.int(-profile.clockError, profile.clockError);
      return `the clock is off by ${machine.skew} ms`;
    },
    overlap() {
      if (time.now() >= downUntil) driver.overlap();
      return "two at once";
    },
  };
  const kinds = Object.entries(effects).map(([kind, effect]) => {
    return { rate: profile.rates[kind as keyof Rates], effect, stream: root.fork(kind) };
  });

  return {
    strike(step) {
      // Drawn whatever the rate is, so that the streams are the same for all rates.
      const struck = kinds.filter(({ rate, stream }) => stream.next() < rate);
      return struck.map(({ effect, stream }) => effect(stream.fork(String(step))));
    },
    downUntil: () => downUntil,
    end() {
      downUntil = 0;
      machine.fates.length = 0;
      machine.skew = 0;
      Object.assign(cloud, { down: false, repeats: false });
    },
  };
}
