// The Gotify channel: plain text below the server's address, success is a message with an id.
import { describe, expect, test } from "vitest";
import { bodyOf } from "./chat-bodies.ts";
import { answer, channelContract, channelOf, requests } from "./contract.ts";
import { aNotification, anAlert, NOW } from "./samples.ts";

const options = { url: "https://gotify.example.com/push/", token: "AKsjdf83hdSDh2x" };
const chat = { type: "gotify", options };

channelContract({
  ...chat,
  secrets: ["AKsjdf83hdSDh2x"],
  success: answer(200, '{"id":25,"appid":5,"message":"m","title":"t","priority":5}'),
  delivered: () => false,
  measure: (request) => Buffer.byteLength(JSON.parse(request.body).message),
  limit: 16_000,
  chat: true,
});

describe("gotify", () => {
  test.each([
    ["https://gotify.example.com", "https://gotify.example.com/message"],
    ["https://gotify.example.com/push", "https://gotify.example.com/push/message"],
    ["https://gotify.example.com/push/", "https://gotify.example.com/push/message"],
  ])("below %s it posts to %s, the token in a header", (url, asked) => {
    const [request] = requests({ type: "gotify", options: { ...options, url } }, aNotification());
    expect(request).toMatchObject({ url: asked, headers: { "x-gotify-key": "AKsjdf83hdSDh2x" } });
  });

  test("a tap opens the first link; the text is plain", () => {
    expect(bodyOf(chat, aNotification()).extras).toEqual({
      "client::display": { contentType: "text/plain" },
      "client::notification": { click: { url: "https://wiki.example.com/run%28book%29?a=1&b=2" } },
    });
  });

  test.each([
    ["critical", 10],
    ["error", 8],
    ["warning", 5],
    ["info", 2],
  ] as const)("the priority of %s", (severity, priority) => {
    expect(bodyOf(chat, aNotification({ alerts: [anAlert({ severity })] }))).toMatchObject({ priority });
  });

  const bad = (errorCode: number, errorDescription: string) =>
    answer(errorCode, JSON.stringify({ error: "x", errorCode, errorDescription }));

  test.each([
    ["200 with another page", answer(200, "Gotify"), "permanent", "the address of a Gotify server"],
    [
      "a wrong token",
      bad(401, "you need to provide a valid access token or user credentials to access this api"),
      "permanent",
      "the token is wrong: take an application's, not a client's",
    ],
    ["a password", bad(403, "you are not allowed to access this api"), "permanent", "an application's token"],
    ["a path that is none", bad(404, "page not found"), "permanent", "without /message"],
    ["trouble of its own", bad(500, "database is locked"), "retry", "HTTP 500: database is locked"],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = channelOf("gotify").classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringContaining(reason) });
  });
});
