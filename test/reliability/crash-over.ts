// What holds for functions, or processes on several machines, over any store that they share: one dies after a commit,
// before anybody knows of it, and another goes on; and pollers overlap and hang.
import { it } from "vitest";
import { createRandom } from "../../lib/simulator/random.ts";
import { differentPoints, expectRight, type Scene } from "./crash-run.ts";
import { asFunctions } from "./watches.ts";

/** Call it in a `describe` of `file`, the test's path in the project. */
export function crashesOver(file: string, open: Scene["open"]): void {
  const dying = "are followed by others that notify everything once";
  it(dying, async () => {
    const scene: Scene = { file, name: dying, watch: asFunctions(1), open };
    await expectRight(scene, [1], (calls, seed) => {
      const random = createRandom(seed);
      const points = differentPoints(calls).filter(({ when }) => when === "after");
      return [[random.pick(points.filter(({ index }) => calls[index]!.what.startsWith("commit ")))]];
    });
  }, 600_000);

  const overlapping = "notify everything once where their invocations overlap and hang";
  it(overlapping, async () => {
    const scene: Scene = { file, name: overlapping, watch: asFunctions(2), open, pace: "strained" };
    await expectRight(scene, [1], () => []);
  }, 600_000);
}
