// A process dies at more of the points that crash.test.ts tries a few of: each kind, and every sixty-fourth.
import { describe, it } from "vitest";
import { stateFile } from "./backends.ts";
import { differentPoints, everyNth, expectRight } from "./crash-run.ts";
import { inRounds } from "./watches.ts";

const file = "--config test/reliability/soak.config.ts test/reliability/crash-rounds.soak.ts";

describe("a process that dies", () => {
  const whole = "is followed by one that notifies everything once";
  it(whole, async () => {
    const scene = { file, name: whole, watch: inRounds, open: stateFile };
    await expectRight(scene, [1], (calls) => everyNth(64, calls, differentPoints(calls)).map((point) => [point]));
  }, 600_000);
});
