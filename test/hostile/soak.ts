// The long form of the hostile-input suite: every attack again and again, each time drawn from another seed.
import { createRandom, type Random } from "../../lib/simulator/random.ts";
import { ATTACKS, type Attack, hangs } from "./attacks.ts";
import { type Measured, type Outcome, startSubjects } from "./cases.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { startWorld } from "./stand.ts";

/** Cases at the same time. */
const SIDE_BY_SIDE = 6;
const PROGRESS = 500;

export interface HostileReport {
  cases: number;
  failed: Outcome[];
  /** Texts in which a part of a secret was found. */
  leaks: number;
  /** In processor time. */
  measured: Measured;
}

/** Runs `count` cases, their seeds from `from` on; `say` gets how it goes and what went wrong. */
export async function runHostile(count: number, from: number, say: (text: string) => void): Promise<HostileReport> {
  const sim = await startWorld();
  const subjects = startSubjects(sim, SIDE_BY_SIDE);
  const report: HostileReport = { cases: 0, failed: [], leaks: 0, measured: subjects.measured() };
  let next = from;
  async function work(): Promise<void> {
    while (next < from + count) {
      const seed = next++;
      const random = createRandom(seed);
      // One of ten is read rather than met.
      const outcome = random.chance(0.1)
        ? await subjects.read(random.pick(CONFIGURATIONS), seed)
        : await subjects.run(drawAttack(random), seed);
      report.cases++;
      report.leaks += outcome.leaks.length;
      report.measured = subjects.measured();
      if (outcome.wrong.length + outcome.leaks.length > 0) {
        report.failed.push(outcome);
        say(`seed ${seed}: ${JSON.stringify(outcome)}`);
      }
      if (report.cases % PROGRESS === 0) say(describeHostile(report));
    }
  }
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  } finally {
    subjects.close();
    await sim.close();
  }
  return report;
}

/** One that hangs less often than others: it takes as long as a hundred of them. */
function drawAttack(random: Random): Attack {
  const drawn = random.pick(ATTACKS);
  return hangs(drawn) && random.chance(0.9) ? random.pick(ATTACKS.filter((one) => !hangs(one))) : drawn;
}

export function describeHostile({ cases, failed, leaks, measured }: HostileReport): string {
  const { peakBytes, peakOf, longestTurnMs, longestTurnOf } = measured;
  const memory = `peak ${Math.round(peakBytes / 1_048_576)} MB (${peakOf})`;
  const turn = `longest turn ${Math.round(longestTurnMs)} ms (${longestTurnOf})`;
  return `hostile input: ${cases} cases, ${failed.length} failed, ${leaks} secrets found, ${memory}, ${turn}`;
}
