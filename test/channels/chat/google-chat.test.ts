// The Google Chat channel: a card in the thread of its outage, success is the message that was made.
import { describe, expect, test } from "vitest";
import type { Notification, NotifiedAlert } from "../../../lib/model/notification.ts";
import { bodyOf, shownOf } from "../chat-bodies.ts";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, crowd, NOW } from "../samples.ts";

const url =
  "https://chat.googleapis.com/v1/spaces/AAAAbbbbCCC/messages?key=AIzaSyD-9tSrke72PouQMnMX&token=q1W2e3R4t5Y6u7I8o9P0_aSdFg";
const chat = { type: "google-chat", options: { url } };

channelContract({
  ...chat,
  secrets: ["AIzaSyD-9tSrke72PouQMnMX", "q1W2e3R4t5Y6u7I8o9P0_aSdFg"],
  success: answer(200, '{"name":"spaces/AAAAbbbbCCC/messages/x.y","text":""}'),
  delivered: () => false,
  measure: (request) => Buffer.byteLength(request.body),
  limit: 32_000,
  chat: true,
  mentions: { "users/all": "users/all", "users/12345678": "users/12345678" },
});

describe("google-chat", () => {
  const threadOf = (notification: Notification) =>
    new URL(requests(chat, notification)[0]!.url).searchParams.get("threadKey");

  test("keeps the address's key and token, and asks for a thread or else a new one", () => {
    const asked = new URL(requests(chat, aNotification())[0]!.url).searchParams;
    expect(Object.fromEntries(asked)).toEqual({
      key: "AIzaSyD-9tSrke72PouQMnMX",
      token: "q1W2e3R4t5Y6u7I8o9P0_aSdFg",
      threadKey: "a1b2c3d4",
      messageReplyOption: "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD",
    });
  });

  test("a thread lasts as long as the oldest alert of its group; a new outage begins a new one", () => {
    const first = anAlert({ id: "alert-0", startsAt: "2026-11-20T09:00:00.000Z" });
    const second = anAlert({ id: "alert-1", startsAt: "2026-11-20T09:30:00.000Z" });
    const ended: NotifiedAlert = { ...first, status: "resolved", endsAt: "2026-11-20T10:00:00.000Z" };
    expect(threadOf(aNotification({ alerts: [first] }))).toBe("alert-0");
    expect(threadOf(aNotification({ alerts: [second, first], reason: "update" }))).toBe("alert-0");
    expect(threadOf(aNotification({ alerts: [second, ended], reason: "resolved" }))).toBe("alert-0");
    expect(threadOf(aNotification({ alerts: [second] }))).toBe("alert-1");
    expect(threadOf(aNotification({ alerts: [], reason: "digest" }))).toBeNull();
  });

  test("a card has at most 100 widgets, and links are buttons", () => {
    const alerts = crowd(60, "short");
    const { sections } = bodyOf(chat, aNotification({ alerts })).cardsV2[0].card;
    const widgets = sections.flatMap((section: { widgets: object[] }) => section.widgets);
    expect(widgets.length).toBeLessThanOrEqual(100);
    expect(widgets.length).toBeGreaterThan(10);
    expect(JSON.stringify(widgets)).toContain('"openLink":{"url":"https://wiki.example.com/short"}');
  });

  test("the names of facts are set apart", () => {
    expect(JSON.stringify(bodyOf(chat, aNotification()))).toContain("<b>Labels</b> team=ml, env=prod");
  });

  test("phones show the title", () => {
    expect(bodyOf(chat, aNotification()).fallbackText).toContain("Deployment of zcjtest-07085 failed");
  });

  test("mentions those who are to be, and never those whom an event names", () => {
    const named = aNotification({ alerts: [anAlert({ summary: "<users/all> is down" })] });
    expect(bodyOf(chat, named)).not.toHaveProperty("text");
    expect(shownOf(chat, named).mentions).toEqual([]);
    const mentions = ["users/108671446647545753952", "users/all"];
    expect(shownOf(chat, named, { mentions }).mentions).toEqual(mentions);
  });

  const bad = (status: number, message: string) =>
    answer(status, JSON.stringify({ error: { code: status, message, status: "X" } }));

  test.each([
    ["200 with another page", answer(200, "hello"), "permanent", "but not the message"],
    [
      "an address that was cut",
      bad(400, "API key not valid. Please pass a valid API key."),
      "permanent",
      "HTTP 400: API key not valid. Please pass a valid API key.; the address is incomplete, or its key or token is wrong",
    ],
    [
      "a wrong token",
      bad(401, "Request had invalid authentication credentials."),
      "permanent",
      "copy the webhook's URL",
    ],
    ["a webhook that was deleted", bad(403, "The caller does not have permission"), "permanent", "make a new one"],
    [
      "a space that is gone",
      bad(404, "Requested entity was not found."),
      "permanent",
      "the space or its webhook is gone",
    ],
    ["too many", bad(429, "Resource has been exhausted (e.g. check quota)."), "retry", "HTTP 429"],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = channelOf("google-chat").classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringContaining(reason) });
  });
});
