// How far the fanned-out form carries, in simulated time, with what was measured (bench/aws/figures.ts).
import { expect, test } from "vitest";
import { QUOTAS } from "../../bench/aws/figures.ts";
import { simulate } from "../../bench/aws/simulation.ts";
import { SEED } from "../support/seed.ts";

const MINUTE = 60_000;

test("10,000 targets are read each minute within an account's default quotas and the cloud's budget", () => {
  const budget = 250;
  const outcome = simulate({ connections: 1, targets: 10_000, budget, minutes: 10, opening: 0.001 }, SEED);
  expect(outcome.readEachMinute).toBe(1);
  expect(outcome.longest).toBeLessThan(2 * MINUTE);
  expect(outcome.requests).toBeLessThanOrEqual(budget);
  expect(outcome.peakConcurrency).toBeLessThan(QUOTAS.concurrency / 10);
  expect(outcome.peakReadUnits).toBeLessThan(QUOTAS.newTableReadUnits);
  expect(outcome.peakWriteUnits).toBeLessThan(QUOTAS.newTableWriteUnits);
  expect(outcome.peakQueueCalls).toBeLessThan(QUOTAS.queueCalls);
  expect(outcome.afterPoll).toBeLessThan(2_000);
});

test("8,000 targets are read each minute with a budget of 200 requests a second", () => {
  const outcome = simulate({ connections: 1, targets: 8_000, budget: 200, minutes: 10, opening: 0.001 }, SEED);
  expect(outcome.readEachMinute).toBe(1);
  expect(outcome.requests).toBeLessThanOrEqual(200);
});

test("with a tenth of that each target is read in turn, and none starves", () => {
  const outcome = simulate({ connections: 1, targets: 8_000, budget: 20, minutes: 60, opening: 0.001 }, SEED);
  expect(outcome.neverRead).toBe(0);
  // All of them take 400 seconds where nothing is lost.
  expect(outcome.longest).toBeLessThan(15 * MINUTE);
});
