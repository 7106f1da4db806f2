// The Rocket.Chat channel: a title and an attachment, "success": true is the only success.
import { describe, expect, test } from "vitest";
import { bodyOf, shownOf } from "../chat-bodies.ts";
import { answer, channelContract, channelOf } from "../contract.ts";
import { aNotification, anAlert, NOW } from "../samples.ts";

const url = "https://rocket.example.com/hooks/5f0c1a2b3c4d5e6f7a8b9c0d/Zb7dQ9sTuVwXyZ1234567890abcdefgh";
const chat = { type: "rocketchat", options: { url } };

channelContract({
  ...chat,
  secrets: ["5f0c1a2b3c4d5e6f7a8b9c0d", "Zb7dQ9sTuVwXyZ1234567890abcdefgh"],
  success: answer(200, '{"success":true}'),
  delivered: () => false,
  measure: (request) => {
    const { text, attachments = [] } = JSON.parse(request.body);
    return text.length + (attachments[0]?.text.length ?? 0);
  },
  limit: 5_000,
  chat: true,
  mentions: { "@ada": "@ada" },
});

describe("rocketchat", () => {
  test("links share a line", () => {
    const links = () => [{ text: "Lookout", url: "https://l.example/1" }];
    const body = bodyOf(chat, aNotification(), { links });
    expect(body.attachments[0].text).toMatch(/\n\[Runbook\]\(\S+\) · \[Lookout\]\(\S+\)$/);
  });

  test("has the colour of the most urgent alert, and asks for no previews", () => {
    expect(bodyOf(chat, aNotification())).toMatchObject({ attachments: [{ color: "#d92d20" }], parseUrls: false });
  });

  test("mentions those who are to be, and never those whom an event names", () => {
    const named = aNotification({ alerts: [anAlert({ summary: "@all @here is down" })] });
    expect(shownOf(chat, named).mentions).toEqual([]);
    expect(shownOf(chat, named, { mentions: ["@ada", "@here"] }).mentions).toEqual(["@ada", "@here"]);
  });

  const bad = (status: number, error: string) => answer(status, JSON.stringify({ success: false, error }));

  test.each([
    ["200 with an error inside", bad(200, "no"), "permanent", 'not "success": true'],
    [
      "a webhook that was deleted",
      bad(404, "Invalid integration id or token provided."),
      "permanent",
      "the webhook was deleted or the address is wrong: copy its URL again",
    ],
    ["a channel that is gone", bad(400, "invalid-channel"), "permanent", "choose another one in its settings"],
    ["a webhook that is disabled", bad(503, "Service Unavailable"), "retry", "it is disabled: enable it"],
    ["a page that is not there", answer(404, "<html>Not found</html>"), "permanent", "an id and a token"],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = channelOf("rocketchat").classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringContaining(reason) });
  });

  test("too many wait as long as the words of the answer say", () => {
    const words = "Error, too many requests. Please slow down. You must wait 55 seconds before trying this again.";
    expect(channelOf("rocketchat").classify(bad(429, words), { now: NOW, attempt: 1 })).toMatchObject({
      kind: "retry",
      after: 55_000,
    });
  });
});
