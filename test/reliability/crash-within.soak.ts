// A process dies while an event is evaluated in several commits: the store is made so small that one event does not fit
// into a commit. Points in between are tried; all take their turn in the long proof (crash.soak.ts: rounds that exceed
// commits).
import { describe, it } from "vitest";
import { stateFile, withItems } from "./backends.ts";
import { differentPoints, expectRight } from "./crash-run.ts";
import { inRounds } from "./watches.ts";

const file = "--config test/reliability/soak.config.ts test/reliability/crash-within.soak.ts";

describe("a process that dies within an event", () => {
  const name = "is followed by one that shows it to the other rules";
  it(name, async () => {
    const scene = { file, name, watch: inRounds, open: () => withItems(stateFile(), 12) };
    await expectRight(scene, [1], (calls) => {
      return differentPoints(calls).flatMap((point, place) => (place % 64 === 0 ? [[point]] : []));
    });
  }, 600_000);
});
