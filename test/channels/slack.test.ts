// The Slack channel: the body "ok" is the only success, limits count characters.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf } from "./contract.ts";
import { NOW } from "./samples.ts";

channelContract({
  type: "slack",
  options: { url: "https://hooks.slack.com/services/T0A1B2C3D/B9Z8Y7X6W/aBcDeFgHiJkLmNoPqRsTuVwX" },
  secrets: ["T0A1B2C3D", "B9Z8Y7X6W", "aBcDeFgHiJkLmNoPqRsTuVwX"],
  success: answer(200, "ok"),
  delivered: () => false,
  measure: (request) => JSON.parse(request.body).text.length,
  limit: 40_000,
  chat: true,
});

describe("slack", () => {
  test.each([
    ["JSON that says so", answer(200, '{"ok":true}'), { kind: "delivered" }],
    ["200 with an error in words", answer(200, "invalid_blocks"), { kind: "permanent" }],
    ["200 with a proxy's page", answer(200, "<html>Log in</html>"), { kind: "permanent" }],
    ["200 with an error in JSON", answer(200, '{"ok":false,"error":"channel_not_found"}'), { kind: "permanent" }],
    ["a rate limit within 200", answer(200, '{"ok":false,"error":"rate_limited","retry_after":3}'), { after: 3_000 }],
    [
      "a rate limit",
      answer(429, '{"ok":false,"error":"rate_limited","retry_after":1}', { "retry-after": "30" }),
      { after: 30_000 },
    ],
    ["Slack's own trouble", answer(200, '{"ok":false,"error":"internal_error"}'), { kind: "retry" }],
    ["a webhook that is gone", answer(404, "no_service"), { kind: "permanent", reason: "HTTP 404: no_service" }],
  ])("%s", (_name, response, outcome) => {
    expect(channelOf("slack").classify(response, { now: NOW, attempt: 1 })).toMatchObject(outcome);
  });
});
