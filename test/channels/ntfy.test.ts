// The ntfy channel: JSON to the server's root within its bytes, success is the published message.
import { describe, expect, test } from "vitest";
import { bodyOf } from "./chat-bodies.ts";
import { answer, channelContract, channelOf, requests } from "./contract.ts";
import { aNotification, anAlert, crowd, NOW } from "./samples.ts";

const url = "https://ntfy.example.com/";
const options = { url, topic: "lookout-q7Rk2vXw9Zt4", token: "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2" };
const chat = { type: "ntfy", options };

channelContract({
  ...chat,
  secrets: ["tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2", "q7Rk2vXw9Zt4"],
  success: answer(200, '{"id":"hwQ2YpKdmg","time":1700000000,"event":"message","topic":"t","message":"m"}'),
  delivered: () => false,
  measure: (request) => Buffer.byteLength(JSON.parse(request.body).message),
  limit: 4_096,
  chat: true,
});

describe("ntfy", () => {
  test("publishes to the server's root, with a token where there is one", () => {
    const [request] = requests(chat, aNotification());
    expect(request).toMatchObject({ url, headers: { authorization: `Bearer ${options.token}` } });
    expect(JSON.parse(request!.body)).toMatchObject({ topic: options.topic, priority: 5 });
    const { data } = channelOf("ntfy").options.safeParse({ topic: "ops" });
    expect(data).toEqual({ topic: "ops", url: "https://ntfy.sh" });
    const [open] = requests({ type: "ntfy", options: data as Record<string, unknown> }, aNotification());
    expect(open!.headers).not.toHaveProperty("authorization");
  });

  test.each(["a", '"\\', "训", "😀", "a.b:c"])("texts of %s stay within the whole JSON's 8 KB, too", (unit) => {
    for (const count of [1, 5, 2_000]) {
      const [request] = requests(chat, aNotification({ alerts: crowd(count, unit.repeat(300)) }));
      expect(Buffer.byteLength(request!.body)).toBeLessThanOrEqual(8_192);
    }
  });

  test("a tap opens the first link; each link whose name says what it opens is a button", () => {
    const links = () => [
      { text: "Console", url: "https://console.example/1" },
      { text: "Lookout", url: "https://lookout.example/1" },
      { text: "Logs", url: "https://logs.example/1" },
    ];
    const one = bodyOf(chat, aNotification(), { links });
    expect(one.click).toBe("https://wiki.example.com/run%28book%29?a=1&b=2");
    expect(one.actions.map(({ label }: { label: string }) => label)).toEqual(["Runbook", "Console", "Lookout"]);
    expect(one.message).toContain("Logs: https://logs.example/1");
    const other = anAlert({ id: "b", runbook: "https://wiki.example.com/other" });
    const two = bodyOf(chat, aNotification({ alerts: [anAlert({ id: "a" }), other] }), { links });
    expect(two).not.toHaveProperty("actions");
  });

  test.each([
    ["critical", {}, 5],
    ["info", { severity: "info" }, 2],
    ["resolved", { status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" }, 2],
  ] as const)("the priority of %s", (tone, fields, priority) => {
    const body = bodyOf(chat, aNotification({ alerts: [anAlert(fields)] }));
    expect(body).toMatchObject({ priority, tags: ["lookout", `lookout-${tone}`] });
  });

  test("a topic that is none is found when the file is read, and when a reference gave it", () => {
    expect(channelOf("ntfy").options.safeParse({ topic: "my topic" }).success).toBe(false);
    expect(channelOf("ntfy").options.safeParse({ topic: "$" + "{env:TOPIC}" }).success).toBe(true);
    const wrong = { type: "ntfy", options: { ...options, topic: "hush/it" } };
    expect(() => requests(wrong, aNotification())).toThrow(/a topic: up to 64/);
    expect(() => requests(wrong, aNotification())).not.toThrow(/hush/);
  });

  const bad = (http: number, code: number, error: string) => answer(http, JSON.stringify({ code, http, error }));

  test.each([
    ["200 with another page", answer(200, "ntfy web"), "permanent", "the server's root, without the topic"],
    [
      "a wrong token",
      bad(401, 40101, "unauthorized"),
      "permanent",
      "HTTP 401: unauthorized; the token or password is wrong",
    ],
    ["a topic of someone else", bad(403, 40301, "forbidden"), "permanent", "a token that may write to it"],
    ["a topic in the address", bad(400, 40017, "invalid request"), "permanent", 'check "topic" and "url"'],
    ["a path that is none", bad(404, 40401, "page not found"), "permanent", "without the topic"],
    ["a smaller server", bad(413, 41303, "JSON body too large"), "permanent", "raise its message-size-limit"],
    ["no room", bad(507, 50701, "cannot publish to UnifiedPush topic"), "retry", "subscribe to it first"],
    ["too many", bad(429, 42901, "limit reached: too many requests"), "retry", "HTTP 429"],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = channelOf("ntfy").classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringContaining(reason) });
  });

  test("once the day's messages are used up, it tries four times an hour", () => {
    const outcome = channelOf("ntfy").classify(bad(429, 42908, "limit reached: daily message quota"), {
      now: NOW,
      attempt: 1,
    });
    expect(outcome).toMatchObject({ kind: "retry", after: 900_000 });
  });
});
