// Durations as people write them, and as they are printed.
import { expect, test } from "vitest";
import { durationText, MAX_DURATION, parseDuration } from "../../lib/model/duration.ts";

test.each([
  ["0s", 0, "0s"],
  ["250ms", 250, "250ms"],
  ["90s", 90_000, "90s"],
  ["10m", 600_000, "10m"],
  ["120m", 7_200_000, "2h"],
  ["7d", 604_800_000, "7d"],
  ["2w", 1_209_600_000, "14d"],
  ["1h30m", 5_400_000, "90m"],
  ["1d12h", 129_600_000, "36h"],
  ["1h60m", 7_200_000, "2h"],
  ["5m3ms", 300_003, "300003ms"],
  ["1w1d1h1m1s1ms", 694_861_001, "694861001ms"],
])("%s is %d ms, printed as %s", (text, ms, printed) => {
  expect(parseDuration(text)).toBe(ms);
  expect(durationText(ms)).toBe(printed);
});

test.each([
  ["", "nothing"],
  ["0", "a number without a unit"],
  ["h", "a unit without a number"],
  ["30m1h", "units that do not fall"],
  ["1h1h", "a unit twice"],
  ["1h30", "a number without a unit at the end"],
  ["1h 30m", "a space"],
  ["1.5h", "a fraction"],
  ["-1h", "a minus"],
  ["1y", "a unit that is none"],
  ["3650d1s", "what no duration exceeds, with a second on top"],
  [`${"9".repeat(400)}d`, "more than a number can hold"],
])("%s is no duration: %s", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test("the longest is ten years", () => {
  expect(parseDuration("521w3d")).toBe(MAX_DURATION);
});

test("a long text that is none takes no time", () => {
  const began = performance.now();
  expect(parseDuration(`${"1".repeat(1_000_000)}x`)).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(1_000);
});
