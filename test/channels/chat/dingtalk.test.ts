// The DingTalk channel: errcode 0 is success, the signature goes into the address.
import { describe, expect, onTestFinished, test } from "vitest";
import { sendHttp } from "../../../lib/channels/http/send.ts";
import type { RenderContext } from "../../../lib/channels/port.ts";
import type { NotifiedAlert } from "../../../lib/model/notification.ts";
import { startScripted } from "../../support/scripted-http.ts";
import { answer, channelContract, channelOf } from "../contract.ts";
import { aNotification, anAlert, NOW } from "../samples.ts";

const url = "https://oapi.dingtalk.com/robot/send?access_token=b4e2c6a80f1d3957b4e2c6a80f1d3957";
channelContract({
  type: "dingtalk",
  options: { url, secret: "SECb4e2c6a80f1d3957" },
  secrets: ["b4e2c6a80f1d3957", "SECb4e2c6a80f1d3957"],
  success: answer(200, '{"errcode":0,"errmsg":"ok"}'),
  delivered: () => false,
  measure: (request) => Buffer.byteLength(request.body),
  limit: 20_000,
  chat: true,
  mentions: { all: "@all", "13800000000": "@13800000000" },
});

const said = (words: string) => expect.stringContaining(`code 310000: ${words}`);

describe("dingtalk", () => {
  test.each([
    ["timestamp", "invalid timestamp", { kind: "retry", reason: said("invalid timestamp; set this"), after: 0 }],
    ["token", "invalid access_token", { kind: "permanent", reason: said("invalid access_token; the token") }],
  ])("what it says of the %s of the address is read as it says it", async (_what, errmsg, outcome) => {
    const server = await startScripted({ status: 200, body: JSON.stringify({ errcode: 310000, errmsg }) });
    onTestFinished(() => server.close());
    const options = { url: `${server.url}/robot/send?access_token=b4e2c6a80f1d3957`, secret: "SECb4e2" };
    const channel = channelOf("dingtalk");
    const request = channel.render(aNotification(), options, { now: NOW, timezone: "UTC", attempt: 1 });
    const response = await sendHttp(request!);
    expect(channel.classify(response, { now: NOW, attempt: 1 }, options)).toEqual(outcome);
  });

  const bodyWith = (alerts: NotifiedAlert[], more: Partial<RenderContext> = {}) => {
    const context = { now: NOW, timezone: "UTC", attempt: 1, ...more };
    return JSON.parse(channelOf("dingtalk").render(aNotification({ alerts }), { url }, context)!.body);
  };
  const page = (text: string) => ({ text, url: `https://l.example/${text}` });

  test("a card has the pages as buttons below each other, and not in its text", () => {
    const { msgtype, actionCard, at } = bodyWith([anAlert()], { links: () => [page("Resource")] });
    expect([msgtype, at, actionCard.btnOrientation]).toEqual(["actionCard", undefined, "0"]);
    expect(actionCard.btns).toEqual([
      { title: "Runbook", actionURL: "https://wiki.example.com/run%28book%29?a=1&b=2" },
      { title: "Resource", actionURL: "https://l.example/Resource" },
    ]);
    expect(actionCard.text).toContain("**🔴 CRITICAL Deployment");
    expect(actionCard.text).not.toContain("https");
  });

  test.each<[sentence: string, alerts: NotifiedAlert[], more: Partial<RenderContext>]>([
    ["who is to be mentioned, whom a card cannot mention", [anAlert()], { mentions: ["all"] }],
    ["no page to lead to", [anAlert({ runbook: null })], {}],
    [
      "pages of one name, of which nobody would know which is which",
      [anAlert(), anAlert({ id: "b" })],
      { links: ({ id }) => [{ text: "Resource", url: `https://l.example/${id}` }] },
    ],
    ["more pages than a card has room for", [anAlert()], { links: () => [..."abcdef"].map(page) }],
  ])("it is Markdown where there is %s", (_sentence, alerts, more) => {
    const { msgtype, markdown, actionCard } = bodyWith(alerts, more);
    expect([msgtype, actionCard]).toEqual(["markdown", undefined]);
    expect(markdown.text).toContain("**🔴 CRITICAL Deployment");
  });

  test.each([
    [1_720_063_700_033_000, "p7C%2BjdCVtGt77XXVBqP6I9ZzC8T0X9tv%2BWOduuQ53ZM%3D"],
    [1_720_063_700_033, "IHDTBKzS3wZ2L1jwzs7iZM2suWC89V%2BVfuN1kTnAMSE%3D"],
  ])("signs %d as known", (now, sign) => {
    const request = channelOf("dingtalk").render(
      aNotification(),
      { url, secret: "xxx" },
      { now, timezone: "UTC", attempt: 1 },
    );
    expect(request!.url).toBe(`${url}&timestamp=${now}&sign=${sign}`);
  });

  test("of two secrets the next try takes the other: a refused signature is worth one, however many came before", () => {
    const signed = (secret: string | string[], attempt: number) => {
      return channelOf("dingtalk").render(aNotification(), { url, secret }, { now: NOW, timezone: "UTC", attempt })!
        .url;
    };
    const both = ["new", "old"];
    expect([1, 2, 3].map((attempt) => signed(both, attempt))).toEqual([
      signed("new", 1),
      signed("old", 1),
      signed("new", 1),
    ]);
    const refused = answer(200, '{"errcode":310000,"errmsg":"sign not match"}');
    for (const attempt of [1, 2, 7]) {
      const outcome = channelOf("dingtalk").classify(refused, { now: NOW, attempt }, { url, secret: both });
      expect(outcome.kind).toBe("retry");
    }
    const keyword = answer(200, '{"errcode":310000,"errmsg":"keywords not in content"}');
    expect(channelOf("dingtalk").classify(keyword, { now: NOW, attempt: 1 }, { url, secret: both }).kind).toBe(
      "permanent",
    );
  });

  test.each([
    [
      "over 20 a minute",
      answer(200, '{"errcode":130101,"errmsg":"send too fast"}'),
      1,
      { kind: "retry", after: 600_000 },
    ],
    ["over its limit", answer(200, '{"errcode":90030,"errmsg":"limit"}'), 1, { kind: "retry", after: 60_000 }],
    ["busy", answer(200, '{"errcode":-1,"errmsg":"busy"}'), 1, { kind: "retry" }],
    [
      "a time refused once is signed anew at once",
      answer(200, '{"errcode":310000,"errmsg":"invalid timestamp"}'),
      1,
      { kind: "retry", after: 0 },
    ],
    ["a time refused again", answer(200, '{"errcode":310000,"errmsg":"invalid timestamp"}'), 2, { kind: "permanent" }],
    ["a signature refused", answer(200, '{"errcode":310000,"errmsg":"sign not match"}'), 1, { kind: "permanent" }],
    [
      "a token refused",
      answer(200, '{"errcode":300001,"errmsg":"token is not exist"}'),
      1,
      { kind: "permanent", reason: expect.stringContaining("copy the robot's webhook address again") },
    ],
  ])("%s", (_name, response, attempt, outcome) => {
    expect(channelOf("dingtalk").classify(response, { now: NOW, attempt })).toMatchObject(outcome);
  });
});
