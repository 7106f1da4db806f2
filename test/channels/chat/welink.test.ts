// The WeLink channel: 500 characters, code "0" is the only success, mentions twice over.
import { describe, expect, test } from "vitest";
import { bodyOf, shownOf } from "../chat-bodies.ts";
import { answer, channelContract, channelOf } from "../contract.ts";
import { aNotification, anAlert, crowd, NOW } from "../samples.ts";

const url =
  "https://open.welink.huaweicloud.com/api/werobot/v1/webhook/send?token=a69f751172bb4a36abe5de9ddf9aa1cc&channel=standard";
const chat = { type: "welink", options: { url } };

channelContract({
  ...chat,
  secrets: ["a69f751172bb4a36abe5de9ddf9aa1cc"],
  success: answer(200, '{"code":"0","data":"success","message":"ok"}'),
  delivered: () => false,
  measure: (request) => JSON.parse(request.body).content.text.length,
  limit: 500,
  chat: true,
  mentions: { ada: "ada" },
  names: 6,
});

describe("welink", () => {
  test("sends text with its time and a number of its own for each attempt", () => {
    const body = bodyOf(chat, aNotification());
    expect(body).toMatchObject({ messageType: "text", timeStamp: NOW, isAt: false, isAtAll: false });
    expect(body.uuid).toMatch(/^[0-9a-f]{32}$/);
    expect(bodyOf(chat, aNotification(), { attempt: 2 }).uuid).not.toBe(body.uuid);
    expect(body).not.toHaveProperty("atAccounts");
  });

  test("mentions accounts in the text and in the list, at most ten; never those whom an event names", () => {
    const named = aNotification({ alerts: [anAlert({ summary: "@all @所有人 is down" })] });
    expect(shownOf(chat, named).mentions).toEqual([]);
    const mentions = ["mettjhfuukaq@562a847505", "ada"];
    expect(shownOf(chat, named, { mentions }).mentions).toEqual(mentions);
    expect(bodyOf(chat, named, { mentions }).content.text.split("\n")[1]).toBe("@mettjhfuukaq@562a847505 @ada");
    const many = Array.from({ length: 40 }, (_, at) => `u${at}`);
    const { atAccounts, content } = bodyOf(chat, aNotification({ alerts: crowd(50, "x") }), { mentions: many });
    expect(atAccounts).toHaveLength(10);
    expect(content.text.length).toBeLessThanOrEqual(500);
  });

  test("known alerts, what is held back, a group and ten mentions give way to the news", () => {
    const known = Array.from({ length: 12 }, (_, at) => anAlert({ id: `k${at}`, reason: "repeat", newCount: 0 }));
    const fresh = ["a", "b"].map((id) => anAlert({ id, summary: `${id}: ${"no image ".repeat(20)}`, reason: "new" }));
    const notification = aNotification({
      alerts: [...fresh, ...known],
      suppressed: { silenced: 12_345, muted: 0, inhibited: 2 },
      group: { "labels.team": "ml-platform-inference" },
    });
    const mentions = Array.from({ length: 10 }, (_, at) => `mettjhfuukaq@56a84750${at}`);
    const { text } = bodyOf(chat, notification, { mentions }).content;
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text).toMatch(/CRITICAL a:/);
  });

  test.each([
    ["the number zero", answer(200, '{"code":0}'), { kind: "delivered" }],
    ["another page", answer(200, "hello"), { kind: "permanent" }],
    [
      "a robot that was deleted",
      answer(200, '{"code":"58404","data":null,"message":"robot not exist"}'),
      { kind: "permanent", gone: true, reason: expect.stringContaining("the robot was deleted: add a new one") },
    ],
    [
      "wrong parameters",
      answer(200, '{"code":"58601","message":"param error"}'),
      { kind: "permanent", reason: expect.stringContaining("check the address (token and channel)") },
    ],
    [
      "a robot that is disabled",
      answer(200, '{"code":"58602","message":"robot not enabled"}'),
      { kind: "permanent", reason: expect.stringContaining("enable it in the group's settings") },
    ],
    ["trouble of its own", answer(200, '{"code":"58500","message":"error"}'), { kind: "retry" }],
    ["too many", answer(200, '{"code":"48503","message":"frequency"}'), { kind: "retry", after: 60_000 }],
    [
      "an address that is not in its list",
      answer(403, "Forbidden"),
      { kind: "permanent", reason: "HTTP 403: Forbidden; allow this machine's public address in the robot's IP list" },
    ],
  ])("%s", (_name, response, outcome) => {
    expect(channelOf("welink").classify(response, { now: NOW, attempt: 1 })).toMatchObject(outcome);
  });
});
