// People acknowledge, silence and let go while a process dies anywhere: nothing is escalated after its acknowledgement
// was recorded, and nothing that was held back is lost.
import { describe, it } from "vitest";
import { stateFile, withItems } from "./backends.ts";
import { differentPoints, everyNth, expectRight, type Scene } from "./crash-run.ts";
import { someDeaths } from "./crash-scenes.ts";
import { type Acts, judgeOnCall, ON_CALL_CONFIG, withPeople } from "./on-call-story.ts";
import { asDaemons, inRounds, type Watch } from "./watches.ts";

const file = "--config test/reliability/soak.config.ts test/reliability/crash-on-call.soak.ts";

/** How long after its claim a delivery may leave where calls take their time; ms. */
const SLACK_MS = 1_000;

function sceneOf(name: string, watch: Watch, open: Scene["open"], pace: Scene["pace"] = "prompt"): Scene {
  const acts: Acts = {};
  return {
    file,
    name,
    watch: withPeople(watch, acts),
    open,
    config: ON_CALL_CONFIG,
    pace,
    judge: (stage) => judgeOnCall(stage, acts, pace === "prompt" ? 0 : SLACK_MS),
  };
}

describe("with people on call", () => {
  const rounds = "a process that dies is followed by one that goes on";
  it(rounds, async () => {
    const scene = sceneOf(rounds, inRounds, stateFile);
    await expectRight(scene, [1], (calls) => everyNth(64, calls, differentPoints(calls)).map((point) => [point]));
  }, 600_000);

  it.each([
    ["two daemons", stateFile],
    ["two daemons with small commits", () => withItems(stateFile(), 16)],
  ])(
    "%s",
    async (name, open) => {
      await expectRight(sceneOf(name, asDaemons(2), open), [1], someDeaths);
    },
    600_000,
  );

  const slow = "two daemons whose calls take their time, so that people act while something is decided";
  it(slow, async () => {
    await expectRight(sceneOf(slow, asDaemons(2), stateFile, "slow"), [1, 2], () => []);
  }, 600_000);
});
