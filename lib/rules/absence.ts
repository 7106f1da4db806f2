// `absence`: the stretches of time in which matches came often enough; a deadline follows the end of each.

/** Ascending stretches of matches, in ms, further apart than the rule allows. */
export type AbsenceMemory = [from: number, to: number][];

/** The stretches with one more match. A late one may join two of them. */
export function noteMatch(runs: AbsenceMemory, time: number, longest: number): AbsenceMemory {
  const before = runs.filter(([, to]) => time - to > longest);
  const after = runs.filter(([from]) => from - time > longest);
  const joined = runs.slice(before.length, runs.length - after.length);
  const from = Math.min(time, ...joined.map((run) => run[0]));
  const to = Math.max(time, ...joined.map((run) => run[1]));
  return [...before, [from, to], ...after];
}
