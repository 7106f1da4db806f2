// The same over DynamoDB, watched by functions: nobody knows of another's death, so that claims have to run out.
// One dies after a commit; crash.soak.ts tries every seventh point, rounds too, and overlaps with
// many seeds and deaths.
import { describe, it } from "vitest";
import { createRandom } from "../../lib/simulator/random.ts";
import { dynamoEndpoint } from "../support/dynamodb.ts";
import { dynamoTable } from "./backend-dynamodb.ts";
import { differentPoints, expectRight, type Scene } from "./crash-run.ts";
import { asFunctions } from "./watches.ts";

const file = "test/reliability/crash-dynamodb.test.ts";

describe.skipIf(dynamoEndpoint === null)("functions over a table", () => {
  const dying = "are followed by others that notify everything once";
  it(dying, async () => {
    const scene = { file, name: dying, watch: asFunctions(1), open: dynamoTable };
    await expectRight(scene, [1], (calls, seed) => {
      const random = createRandom(seed);
      const points = differentPoints(calls).filter(({ when }) => when === "after");
      return [[random.pick(points.filter(({ index }) => calls[index]!.what.startsWith("commit ")))]];
    });
  }, 600_000);

  const overlapping = "notify everything once where their invocations overlap and hang";
  it(overlapping, async () => {
    const scene: Scene = { file, name: overlapping, watch: asFunctions(2), open: dynamoTable, pace: "strained" };
    await expectRight(scene, [1], () => []);
  }, 600_000);
});
