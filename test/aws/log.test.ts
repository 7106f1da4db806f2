// Log lines on Lambda: for machines, with the request they belong to, and without secrets.
import { expect, test } from "vitest";
import { createLambdaLog } from "../../lib/aws/log.ts";
import { HARMLESS, hostileTexts, STEERS } from "../support/hostile-texts.ts";

test("a line is one JSON object with time, level, message, request and fields", () => {
  const lines: string[] = [];
  const clock = { now: () => Date.parse("2026-11-20T10:00:00Z"), sleep: async () => {} };
  const log = createLambdaLog(
    (line) => lines.push(line),
    clock,
    (text) => text.replaceAll("hunter2", "[secret]"),
  );
  log.begin("r-1");
  log.warn("target not read", { target: "a\nb", error: "no hunter2" });
  log.begin("r-2");
  log.debug("not worth its bytes");
  log.info("done");
  const time = "2026-11-20T10:00:00.000Z";
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { time, level: "warn", message: "target not read", requestId: "r-1", target: "a\nb", error: "no [secret]" },
    { time, level: "info", message: "done", requestId: "r-2" },
  ]);
  expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
});

test.each(hostileTexts)("%s in a text is written as an escape, and the line is the same JSON", (_, text) => {
  const lines: string[] = [];
  const clock = { now: () => 0, sleep: async () => {} };
  createLambdaLog(
    (line) => lines.push(line),
    clock,
    (line) => line,
  ).warn(`${text}${HARMLESS}`, { target: text });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(STEERS);
  expect(lines[0]).toContain(HARMLESS);
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: `${text}${HARMLESS}`, target: text });
});

test("a secret of digits alone is redacted in texts, and breaks no JSON", () => {
  const lines: string[] = [];
  const clock = { now: () => 0, sleep: async () => {} };
  createLambdaLog(
    (line) => lines.push(line),
    clock,
    (line) => line.replaceAll("123456", "[secret]"),
  ).info("pin 123456", { count: 1_234_567 });
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: "pin [secret]", count: 1_234_567 });
});
