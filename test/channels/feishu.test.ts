// The Feishu channel: code 0 is success, its signature has the secret in the key.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf } from "./contract.ts";
import { aNotification, NOW } from "./samples.ts";

const url = "https://open.feishu.cn/open-apis/bot/v2/hook/7a1c2b3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d";
channelContract({
  type: "feishu",
  options: { url, secret: "sHuSh0123456789abcdef" },
  secrets: ["7a1c2b3d", "0e1f2a3b4c5d", "sHuSh0123456789abcdef"],
  success: answer(200, '{"code":0,"msg":"success","data":{}}'),
  delivered: () => false,
  measure: (request) => Buffer.byteLength(request.body),
  limit: 20_000,
  chat: true,
});

describe("feishu", () => {
  test("signs as the vendor's sample does", () => {
    const context = { now: 1_599_360_473_999, timezone: "UTC", attempt: 1 };
    const body = JSON.parse(channelOf("feishu").render(aNotification(), { url, secret: "demo" }, context)!.body);
    expect(body).toMatchObject({ timestamp: "1599360473", sign: "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=" });
  });

  test("without a secret it does not sign", () => {
    const context = { now: NOW, timezone: "UTC", attempt: 1 };
    expect(channelOf("feishu").render(aNotification(), { url }, context)!.body).not.toContain('"sign"');
  });

  test.each([
    ["the older form of success", answer(200, '{"StatusCode":0,"StatusMessage":"success"}'), 1, { kind: "delivered" }],
    ["busy", answer(200, '{"code":11232,"msg":"frequency limited"}'), 1, { kind: "retry", after: 30_000 }],
    [
      "gateway limit",
      answer(400, '{"code":99991400,"msg":"request trigger frequency limit"}', { "x-ogw-ratelimit-reset": "7" }),
      1,
      { kind: "retry", after: 7_000 },
    ],
    ["gateway limit without a time", answer(429, '{"code":99991400}'), 1, { kind: "retry", after: 60_000 }],
    ["too many requests", answer(200, '{"code":9499,"msg":"too many request"}'), 1, { kind: "retry", after: 60_000 }],
    ["a bad body", answer(200, '{"code":9499,"msg":"Bad Request"}'), 1, { kind: "permanent" }],
    [
      "a signature refused once is made anew at once",
      answer(200, '{"code":19021,"msg":"sign match fail"}'),
      1,
      { kind: "retry", after: 0 },
    ],
    ["a signature refused again", answer(200, '{"code":19021,"msg":"sign match fail"}'), 2, { kind: "permanent" }],
    [
      "a missing keyword",
      answer(200, '{"code":19024,"msg":"Key Words Not Found"}'),
      1,
      { kind: "permanent", reason: "code 19024: Key Words Not Found" },
    ],
    ["no code at all", answer(200, "<html>Log in</html>"), 1, { kind: "permanent" }],
  ])("%s", (_name, response, attempt, outcome) => {
    expect(channelOf("feishu").classify(response, { now: NOW, attempt })).toMatchObject(outcome);
  });
});
