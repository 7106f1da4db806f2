// The console channel: readable lines, no request.
import { expect, test } from "vitest";
import { consoleOutput } from "../../lib/channels/console.ts";
import { aNotification, anAlert, NOW } from "./samples.ts";

const context = { now: NOW, timezone: "UTC", attempt: 1 };

test("writes lines that a person can read, without colours", () => {
  const text = consoleOutput.text(
    aNotification({ alerts: [anAlert(), anAlert({ summary: "second\u001b[31m" })] }),
    {},
    context,
  );
  expect(text).toContain("Deployment of zcjtest-07085 failed");
  expect(text).toContain("second");
  expect(text).toContain("Runbook: https://wiki.example.com/");
  expect(text).not.toContain("\u001b");
});

test("has no options", () => {
  expect(consoleOutput.options.safeParse({ url: "x" }).success).toBe(false);
});
