// The same over PostgreSQL: one process dies after a commit, before anybody knows of it, and another goes on; and pollers
// overlap, one of which dies. crash.soak.ts tries every seventh point.
import { describe, it } from "vitest";
import { createRandom } from "../../lib/simulator/random.ts";
import { postgresUrl } from "../support/postgres.ts";
import { postgresSchema } from "./backend-postgres.ts";
import { differentPoints, expectRight } from "./crash-run.ts";
import { asFunctions } from "./watches.ts";

const file = "test/reliability/crash-postgres.test.ts";

describe.skipIf(postgresUrl === null)("processes over a database", () => {
  const dying = "are followed by others that notify everything once";
  it(dying, async () => {
    const scene = { file, name: dying, watch: asFunctions(1), open: postgresSchema };
    await expectRight(scene, [1], (calls, seed) => {
      const random = createRandom(seed);
      const points = differentPoints(calls).filter(({ when }) => when === "after");
      return [[random.pick(points.filter(({ index }) => calls[index]!.what.startsWith("commit ")))]];
    });
  }, 600_000);

  const overlapping = "notify everything once where their invocations overlap and hang";
  it(overlapping, async () => {
    const scene = { file, name: overlapping, watch: asFunctions(2), open: postgresSchema, pace: "strained" as const };
    await expectRight(scene, [1], () => []);
  }, 600_000);
});
