// A quick part of the simulation; `npm run soak` is the long one.
import { describe, expect, it } from "vitest";
import { postgresUrl } from "../support/postgres.ts";
import { postgresSchema } from "./backend-postgres.ts";
import { runSimulation } from "./simulation.ts";
import { nothingWrong } from "./simulation-seeds.ts";

nothingWrong([1], 40);
describe.skipIf(postgresUrl === null)("over PostgreSQL", () => nothingWrong([2], 12, postgresSchema));

it("gives the same run for the same seed", async () => {
  const lines: string[][] = [[], []];
  for (const own of lines) await runSimulation({ seed: 7, steps: 15, trace: (line) => own.push(line) });
  expect(lines[0]).toEqual(lines[1]);
  expect(lines[0]!.length).toBeGreaterThan(100);
}, 600_000);
