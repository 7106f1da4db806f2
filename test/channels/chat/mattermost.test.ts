// The Mattermost channel: one attachment, the body "ok" is the only success, and what each refusal asks for.
import { describe, expect, test } from "vitest";
import { bodyOf, shownOf } from "../chat-bodies.ts";
import { answer, channelContract, channelOf } from "../contract.ts";
import { aNotification, anAlert, crowd, NOW } from "../samples.ts";

const url = "https://mattermost.example.com/hooks/xr3j5x3p4pfk7kk6ck7b4e6ghh";
const chat = { type: "mattermost", options: { url } };

channelContract({
  ...chat,
  secrets: ["xr3j5x3p4pfk7kk6ck7b4e6ghh"],
  success: answer(200, "ok"),
  delivered: () => false,
  measure: (request) => {
    const [{ title, text }] = JSON.parse(request.body).attachments;
    return Array.from(title + text).length;
  },
  limit: 16_383,
  chat: true,
  mentions: { "@ada": "@ada" },
});

describe("mattermost", () => {
  test("links share a line", () => {
    const links = () => [{ text: "Lookout", url: "https://l.example/1" }];
    const body = bodyOf(chat, aNotification(), { links });
    expect(body.attachments[0].text).toMatch(/\n\[Runbook\]\(\S+\) · \[Lookout\]\(\S+\)$/);
  });

  test("has the colour of the most urgent alert, and a title for notifications", () => {
    const { attachments } = bodyOf(chat, aNotification({ alerts: crowd(5, "x") }));
    expect(attachments).toHaveLength(1);
    expect(attachments[0]).toMatchObject({ color: "#d92d20", fallback: attachments[0].title });
  });

  test("formulas between dollars are none", () => {
    const { text, styles } = shownOf(chat, aNotification({ alerts: [anAlert({ description: "$x$ costs $5" })] }));
    expect(text).toContain("＄x＄ costs ＄5");
    expect(styles.map(([kind]) => kind)).not.toContain("formula");
  });

  test("mentions those who are to be, and never those whom an event names", () => {
    const named = aNotification({ alerts: [anAlert({ summary: "@channel @all is down" })] });
    expect(bodyOf(chat, named)).not.toHaveProperty("text");
    expect(shownOf(chat, named).mentions).toEqual([]);
    expect(shownOf(chat, named, { mentions: ["@ada", "@channel"] }).mentions).toEqual(["@ada", "@channel"]);
  });

  const bad = (status: number, id: string, message: string) =>
    answer(status, JSON.stringify({ id: `web.incoming_webhook.${id}.app_error`, message, status_code: status }));

  test.each([
    ["200 with another page", answer(200, "posted"), "permanent", 'not the answer "ok"'],
    [
      "a webhook that was deleted",
      bad(400, "invalid", "Invalid webhook."),
      "permanent",
      "HTTP 400: Invalid webhook.; the webhook was deleted or the address is wrong: make a new one",
    ],
    ["webhooks that are disabled", bad(501, "disabled", "Incoming webhooks have been disabled."), "retry", "enable"],
    ["a channel that is gone", bad(404, "channel", "Couldn't find the channel."), "permanent", "choose another one"],
    ["a webhook of one channel", bad(403, "channel_locked", "not permitted"), "permanent", "locked to a channel"],
    ["no right to post", bad(403, "permissions", "Inappropriate permissions."), "permanent", "have a member make it"],
    ["a page that is not there", answer(404, "404 page not found"), "permanent", "it ends with /hooks/ and an id"],
    ["too many", answer(429, "limit exceeded"), "retry", "HTTP 429"],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = channelOf("mattermost").classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringContaining(reason) });
  });
});
