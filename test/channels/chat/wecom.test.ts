// The WeCom channel: errcode 0 is success, 4,096 bytes of markdown.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf } from "../contract.ts";
import { NOW } from "../samples.ts";

channelContract({
  type: "wecom",
  options: { url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa" },
  secrets: ["693a91f6", "0ec2sifa5aaa"],
  success: answer(200, '{"errcode":0,"errmsg":"ok"}'),
  delivered: () => false,
  measure: (request) => Buffer.byteLength(JSON.parse(request.body).markdown.content),
  limit: 4_096,
  chat: true,
  mentions: { zhangsan: "<@zhangsan>" },
});

describe("wecom", () => {
  test.each([
    [
      "too frequent",
      answer(200, '{"errcode":45009,"errmsg":"api freq out of limit"}'),
      { kind: "retry", after: 60_000 },
    ],
    [
      "too frequent, and told to wait longer",
      answer(200, '{"errcode":45009}', { "retry-after": "90" }),
      { kind: "retry", after: 90_000 },
    ],
    ["a webhook that is none", answer(200, '{"errcode":93000,"errmsg":"invalid webhook url"}'), { kind: "permanent" }],
    ["no JSON", answer(200, "ok"), { kind: "permanent" }],
    ["trouble behind a code of success", answer(502, '{"errcode":0}'), { kind: "retry" }],
  ])("%s", (_name, response, outcome) => {
    expect(channelOf("wecom").classify(response, { now: NOW, attempt: 1 })).toMatchObject(outcome);
  });
});
