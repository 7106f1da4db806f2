// The Feishu channel: code 0 is success, its signature has the secret in the key.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf } from "../contract.ts";
import { aNotification, NOW } from "../samples.ts";

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
  mentions: { ou_0123456789abcdef: "<at id=ou_0123456789abcdef></at>", all: "<at id=all></at>" },
});

describe("feishu", () => {
  test("is a card in the colour of the most urgent alert, with facts side by side, small print and buttons", () => {
    const context = { now: NOW, timezone: "UTC", attempt: 1 };
    const { card } = JSON.parse(channelOf("feishu").render(aNotification(), { url }, context)!.body);
    expect(card.header).toMatchObject({ template: "red", title: { tag: "plain_text" } });
    expect(card.elements.map(({ tag }: { tag: string }) => tag)).toEqual(["div", "div", "note", "action"]);
    expect(card.elements[1].fields[0]).toEqual({
      is_short: true,
      text: { tag: "plain_text", content: "Since\n2026-11-20 10:00:00 UTC" },
    });
    expect(card.elements[3].actions).toMatchObject([
      { tag: "button", text: { content: "Runbook" }, url: "https://wiki.example.com/run%28book%29?a=1&b=2" },
    ]);
  });

  test("signs as the vendor's sample does", () => {
    const context = { now: 1_599_360_473_999, timezone: "UTC", attempt: 1 };
    const body = JSON.parse(channelOf("feishu").render(aNotification(), { url, secret: "demo" }, context)!.body);
    expect(body).toMatchObject({ timestamp: "1599360473", sign: "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=" });
  });

  test("without a secret it does not sign", () => {
    const context = { now: NOW, timezone: "UTC", attempt: 1 };
    expect(channelOf("feishu").render(aNotification(), { url }, context)!.body).not.toContain('"sign"');
  });

  test("of two secrets the next try takes the other: a refused signature is worth one, however many came before", () => {
    const options = { url, secret: ["new", "old"] };
    const signed = (attempt: number) => {
      const context = { now: NOW, timezone: "UTC", attempt };
      return JSON.parse(channelOf("feishu").render(aNotification(), options, context)!.body).sign;
    };
    const signOf = (secret: string) => {
      const context = { now: NOW, timezone: "UTC", attempt: 1 };
      return JSON.parse(channelOf("feishu").render(aNotification(), { url, secret }, context)!.body).sign;
    };
    expect([1, 2, 3].map(signed)).toEqual([signOf("new"), signOf("old"), signOf("new")]);
    const refused = answer(200, '{"code":19021,"msg":"sign match fail"}');
    for (const attempt of [1, 2, 7]) {
      expect(channelOf("feishu").classify(refused, { now: NOW, attempt }, options).kind).toBe("retry");
    }
    expect(channelOf("feishu").classify(refused, { now: NOW, attempt: 2 }, { url, secret: ["new"] }).kind).toBe(
      "permanent",
    );
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
      { kind: "permanent", reason: expect.stringContaining("its keywords: set signature verification") },
    ],
    ["no code at all", answer(200, "hello"), 1, { kind: "permanent" }],
  ])("%s", (_name, response, attempt, outcome) => {
    expect(channelOf("feishu").classify(response, { now: NOW, attempt })).toMatchObject(outcome);
  });
});
