// A process dies before or after every call of the store, the bus, an API or a channel; another goes on over the same
// state file. What a death leaves behind is the same between two effects at one moment. Of these points the quick part
// tries each kind and a few more; crash-rounds.soak.ts every sixty-fourth, crash.soak.ts all of them, and every call.
import { describe, it } from "vitest";
import { stateFile } from "./backends.ts";
import { differentPoints, everyNth, expectRight } from "./crash-run.ts";
import { inRounds } from "./watches.ts";

const file = "test/reliability/crash.test.ts";

describe("a process that dies", () => {
  const whole = "is followed by one that notifies everything once";
  it(whole, async () => {
    const scene = { file, name: whole, watch: inRounds, open: stateFile };
    await expectRight(scene, [1], (calls) => everyNth(512, calls, differentPoints(calls)).map((point) => [point]));
  }, 600_000);
});
