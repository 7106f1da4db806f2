// A process dies in the middle of what exceeds a commit: the store is made so small that some of the work
// goes through the journal. Every thirty-second point is tried; all take their turn in the long proof
// (crash.soak.ts: rounds that exceed commits).
import { describe, it } from "vitest";
import { stateFile, withItems } from "./backends.ts";
import type { Call } from "./conductor.ts";
import { differentPoints, expectRight, type Point } from "./crash-run.ts";
import { inRounds } from "./watches.ts";

const file = "test/reliability/crash-journal.test.ts";

describe("a process that dies while the journal is in use", () => {
  const name = "is followed by one that finishes it or takes it back";
  it(name, async () => {
    const scene = { file, name, watch: inRounds, open: () => withItems(stateFile(), 10) };
    await expectRight(scene, [1], (calls) => journalPoints(calls).map((point) => [point]));
  }, 600_000);
});

/** Where the journal is prepared, made valid, applied or emptied. */
function journalPoints(calls: readonly Call[]): Point[] {
  let applying = false;
  const inUse = calls.map(({ what }) => {
    if (what.startsWith("get journal part/")) applying = true;
    const own = applying || /^commit .*journal\/(head|part)/.test(what);
    if (/^commit .*journal\/head/.test(what)) applying = false;
    return own;
  });
  return differentPoints(calls).filter(({ index }, place) => inUse[index] && place % 32 === 0);
}
