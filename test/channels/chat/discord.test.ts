// The Discord channel: embeds of bounded size, pings of nobody but those mentioned, Discord's own codes.
import { describe, expect, test } from "vitest";
import { inert } from "../../../lib/channels/message/markdown.ts";
import { type Body, bodyOf, shownOf } from "../chat-bodies.ts";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, crowd, NOW } from "../samples.ts";

const url = "https://discord.com/api/webhooks/1098765432109876543/aB3dEfGhIjKlMnOpQrStUvWxYz0123456789";
const chat = { type: "discord", options: { url } };

function size({ embeds }: Body): number {
  return embeds.reduce((sum: number, { title = "", description = "" }: Body) => {
    return sum + title.length + description.length;
  }, 0);
}

channelContract({
  ...chat,
  secrets: ["1098765432109876543", "aB3dEfGhIjKlMnOpQrStUvWxYz0123456789"],
  success: answer(200, '{"id":"1140000000000000000","type":0,"channel_id":"1"}'),
  delivered: (status) => status === 204,
  measure: (request) => size(JSON.parse(request.body)),
  limit: 6_000,
  chat: true,
  mentions: { "<@&165511591545143296>": "<@&165511591545143296>", "<@80351110224678912>": "<@80351110224678912>" },
});

describe("discord", () => {
  test("links share a line", () => {
    const links = () => [{ text: "Lookout", url: "https://l.example/1" }];
    const body = bodyOf(chat, aNotification(), { links });
    expect(body.embeds[0].description).toMatch(/\n\[Runbook\]\(\S+\) · \[Lookout\]\(\S+\)$/);
  });

  test.each(["a", "😀", "训", "*."])("with texts of %s, each embed stays within its own limits", (unit) => {
    for (const [count, length] of [
      [1, 5_000],
      [30, 300],
      [3_000, 60],
    ] as const) {
      const alerts = crowd(count, unit.repeat(length));
      const { embeds } = bodyOf(chat, aNotification({ alerts, group: { text: unit } }));
      expect(embeds.length).toBeLessThanOrEqual(10);
      for (const { title = "", description = "" } of embeds) {
        expect(title.length).toBeLessThanOrEqual(256);
        expect(description.length).toBeLessThanOrEqual(4_096);
      }
      if (count > 1) expect(size({ embeds })).toBeGreaterThan(5_000);
    }
  });

  test.each(["a", "😀", "训", "*.", "-x", "-", "a😀", ".", ".a."])(
    "a template's line of %s is broken where an embed ends, and no text of it is lost or read as markup",
    (unit) => {
      const line = unit.repeat(Math.ceil(5_000 / inert(unit).length));
      const { embeds } = bodyOf(chat, aNotification(), { words: { lines: ["above", line, "below"] } });
      const descriptions: string[] = embeds.map(({ description }: Body) => description);
      expect(embeds.length).toBeLessThanOrEqual(10);
      expect(size({ embeds })).toBeLessThanOrEqual(6_000);
      for (const description of descriptions) {
        expect(description.length).toBeLessThanOrEqual(4_096);
        expect(description.isWellFormed()).toBe(true);
        expect(description).not.toMatch(/^(?:[-+=]|\d+\)|\u2060*$)/);
      }
      const text = descriptions
        .join("")
        .replaceAll(/[\u2060\n]/g, "")
        .replaceAll("＊", "*");
      expect(text).toMatch(/^above/);
      expect(text.slice(5)).toBe(`${line}below[Runbook](https://wiki.example.com/run%28book%29?a=1&b=2)`);
    },
  );

  test.each([
    ["critical", { severity: "critical" }, 0xd92d20],
    ["info", { severity: "info" }, 0x1570cd],
    ["resolved", { status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" }, 0x2e7d32],
  ] as const)("the colour is that of %s", (_name, fields, color) => {
    expect(bodyOf(chat, aNotification({ alerts: [anAlert(fields)] })).embeds[0]).toMatchObject({ color });
  });

  test("asks for an answer once the message is saved, in the thread that the address names", () => {
    const options = { url: `${url}?thread_id=77` };
    expect(requests({ type: "discord", options }, aNotification())[0]!.url).toBe(`${url}?thread_id=77&wait=true`);
  });

  test("pings the roles and people who are mentioned, and nobody else", () => {
    const mentions = ["<@&165511591545143296>", "<@80351110224678912>"];
    const named = aNotification({ alerts: [anAlert({ summary: "@everyone <@99999999999999999> is down" })] });
    expect(shownOf(chat, named).mentions).toEqual([]);
    expect(shownOf(chat, named, { mentions }).mentions).toEqual(mentions);
    expect(bodyOf(chat, named, { mentions }).allowed_mentions).toEqual({
      parse: [],
      roles: ["165511591545143296"],
      users: ["80351110224678912"],
    });
  });

  test.each([
    ["no content: not saved yet, but accepted", answer(204), { kind: "delivered" }],
    ["200 with another page", answer(200, "hello"), { kind: "permanent" }],
    [
      "too many, for a fraction of a second",
      answer(429, '{"message":"You are being rate limited.","retry_after":0.529,"global":false}'),
      { kind: "retry", reason: "HTTP 429: You are being rate limited.", after: 529 },
    ],
    [
      "too many, and the header says longer",
      answer(429, '{"message":"You are being rate limited.","retry_after":1.2}', { "retry-after": "3" }),
      { kind: "retry", after: 3_000 },
    ],
    ["too many, said by what stands before Discord", answer(429, "error code: 1015"), { kind: "retry" }],
    [
      "a webhook that was deleted",
      answer(404, '{"message":"Unknown Webhook","code":10015}'),
      {
        kind: "permanent",
        gone: true,
        reason: "HTTP 404: Unknown Webhook; the webhook was deleted: make a new one and give its URL",
      },
    ],
    [
      "a wrong token",
      answer(401, '{"message":"Invalid Webhook Token","code":50027}'),
      {
        kind: "permanent",
        reason: "HTTP 401: Invalid Webhook Token; the URL's token is wrong: copy the webhook's URL again",
      },
    ],
    [
      "a forum's webhook",
      answer(400, '{"message":"Webhooks posted to forum channels must have a thread_name or thread_id","code":220001}'),
      { kind: "permanent", reason: expect.stringContaining("add ?thread_id=… to the URL") },
    ],
    [
      "a field that it refuses, by name",
      answer(400, '{"embeds":["0"]}'),
      { kind: "permanent", reason: 'HTTP 400: {"embeds":["0"]}' },
    ],
    ["a page that is not there", answer(404, '{"message":"404: Not Found","code":0}'), { kind: "permanent" }],
  ])("%s", (_name, response, outcome) => {
    expect(channelOf("discord").classify(response, { now: NOW, attempt: 1 })).toMatchObject(outcome);
  });

  test("only a deleted webhook is gone for good", () => {
    const outcome = channelOf("discord").classify(answer(401, '{"code":50027}'), { now: NOW, attempt: 1 });
    expect(outcome).not.toHaveProperty("gone");
  });
});
