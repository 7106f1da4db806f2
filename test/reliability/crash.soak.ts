// The crash matrix at full length: every call by itself, every way of watching, more seeds, and
// DynamoDB and PostgreSQL at every seventh point.
import { describe, it } from "vitest";
import { dynamoEndpoint } from "../support/dynamodb.ts";
import { postgresUrl } from "../support/postgres.ts";
import { dynamoTable } from "./backend-dynamodb.ts";
import { postgresSchema } from "./backend-postgres.ts";
import { stateFile } from "./backends.ts";
import { allPoints, differentPoints, expectRight, type Scene } from "./crash-run.ts";
import { OVERLAPS, someDeaths, WATCHES } from "./crash-scenes.ts";
import { asFunctions, inRounds } from "./watches.ts";

const file = "--config test/reliability/soak.config.ts";
const HOUR = 3_600_000;
const SEEDS = Array.from({ length: Number(process.env["SEEDS"] ?? 100) }, (_, index) => index + 1);

const TABLES: Omit<Scene, "file">[] = [
  { name: "rounds over a table", watch: inRounds, open: dynamoTable },
  { name: "functions over a table", watch: asFunctions(1), open: dynamoTable },
];

describe("a death at each point that leaves something else behind", () => {
  it.each(WATCHES)(
    "$name",
    (scene) => expectRight({ ...scene, file }, [1], (calls) => differentPoints(calls).map((point) => [point])),
    HOUR,
  );
});

describe("a death before and after each call", () => {
  const name = "rounds, every call";
  it(
    name,
    () =>
      expectRight({ file, name, watch: inRounds, open: stateFile }, [2], (calls) =>
        allPoints(calls).map((point) => [point]),
      ),
    HOUR,
  );
});

describe.skipIf(dynamoEndpoint === null)("a death at every seventh point", () => {
  it.each(TABLES)(
    "$name",
    (scene) => {
      return expectRight({ ...scene, file }, [1], (calls) => {
        return differentPoints(calls)
          .filter((_, place) => place % 7 === 0)
          .map((point) => [point]);
      });
    },
    HOUR,
  );

  const name = "functions that overlap over a table";
  const scene: Scene = { file, name, watch: asFunctions(2), open: dynamoTable, pace: "strained" };
  it(name, () => expectRight(scene, SEEDS.slice(0, 20), someDeaths), HOUR);
});

describe.skipIf(postgresUrl === null)("a death at every seventh point over a database", () => {
  const name = "rounds over a database";
  it(
    name,
    () =>
      expectRight({ file, name, watch: inRounds, open: postgresSchema }, [1], (calls) =>
        differentPoints(calls)
          .filter((_, place) => place % 7 === 0)
          .map((point) => [point]),
      ),
    HOUR,
  );
});

describe("pollers that overlap", () => {
  it.each(OVERLAPS)("$name, many seeds", (scene) => expectRight({ ...scene, file }, SEEDS, someDeaths), HOUR);
});
