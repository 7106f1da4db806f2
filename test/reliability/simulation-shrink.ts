// Makes a failing run smaller: fewer steps first, then fewer kinds of faults, as long as it still fails.

import { type RunResult, runSimulation } from "./simulation.ts";
import type { Rates } from "./simulation-profile.ts";

export interface Shrunk {
  result: RunResult;
  /** Kinds of faults that it fails without. */
  without: (keyof Rates)[];
}

/** `failed` as it came; takes some dozen runs at most. */
export async function shrink(failed: RunResult): Promise<Shrunk> {
  const { seed } = failed;
  let result = failed;
  let without: (keyof Rates)[] = [];

  async function stillFails(steps: number, removed: (keyof Rates)[]): Promise<boolean> {
    const next = await runSimulation({ seed, steps, without: removed });
    if (next.failedAt === undefined) return false;
    result = next;
    without = removed;
    return true;
  }

  await stillFails(failed.failedAt!, []);
  for (let step = Math.floor(result.steps / 2); step >= 1; step = Math.floor(step / 2)) {
    while (result.steps > step && (await stillFails(result.steps - step, [])));
  }
  const kinds = Object.entries(result.profile.rates).filter(([, rate]) => rate > 0);
  for (const [kind] of kinds) await stillFails(result.steps, [...without, kind as keyof Rates]);
  return { result, without };
}

/** What happened, and the command that makes it happen again. */
export function describeFailure({ result, without }: Shrunk): string {
  const { seed, steps, failedAt, violations, profile } = result;
  const removed = without.length === 0 ? "" : ` --without ${without.join(",")}`;
  return [
    `seed ${seed} fails at step ${failedAt} of ${steps}:`,
    ...violations.slice(0, 10).map((what) => `  ${what}`),
    ...(violations.length > 10 ? [`  and ${violations.length - 10} more`] : []),
    `  profile: ${JSON.stringify(profile)}`,
    `  again:   npm run soak -- --seed ${seed} --steps ${steps}${removed} --trace`,
  ].join("\n");
}
