// The same over DynamoDB, watched by functions: nobody knows of another's death, so that claims have to run out.
// One dies after a commit, one after a message; crash.soak.ts tries every seventh point, rounds
// too, and overlaps with many seeds.
import { describe, it } from "vitest";
import { createRandom } from "../../lib/simulator/random.ts";
import { dynamoEndpoint } from "../support/dynamodb.ts";
import { dynamoTable } from "./backend-dynamodb.ts";
import { differentPoints, expectRight, type Scene } from "./crash-run.ts";
import { asFunctions } from "./watches.ts";

const file = "test/sim/crash-dynamodb.test.ts";
const DEATHS = [/^commit /, /^send /];

describe.skipIf(dynamoEndpoint === null)("functions over a table", () => {
  const dying = "are followed by others that tell everything once";
  it(dying, async () => {
    const scene = { file, name: dying, watch: asFunctions(1), open: dynamoTable };
    await expectRight(scene, [1], (calls, seed) => {
      const random = createRandom(seed);
      const points = differentPoints(calls).filter(({ when }) => when === "after");
      return DEATHS.map((what) => [random.pick(points.filter(({ index }) => what.test(calls[index]!.what)))]);
    });
  }, 600_000);

  const overlapping = "tell everything once where their invocations overlap, hang and die";
  it(overlapping, async () => {
    const scene: Scene = { file, name: overlapping, watch: asFunctions(2), open: dynamoTable, pace: "strained" };
    await expectRight(scene, [1], (calls, seed) => [[createRandom(seed).pick(differentPoints(calls))]]);
  }, 600_000);
});
