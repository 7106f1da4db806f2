// The Telegram channel: text with entities, "ok": true is the only success, and what each refusal asks for.
import { describe, expect, onTestFinished, test } from "vitest";
import { startScripted } from "../../support/scripted-http.ts";
import { bodyOf, shownOf } from "../chat-bodies.ts";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, crowd, NOW } from "../samples.ts";
import { sent } from "../sending-contract.ts";

const token = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
const options = { token, chat: -1001234567890, url: "https://telegram.example/api/" };
const chat = { type: "telegram", options };

channelContract({
  ...chat,
  secrets: ["AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"],
  success: answer(200, '{"ok":true,"result":{"message_id":7}}'),
  delivered: () => false,
  measure: (request) => JSON.parse(request.body).text.length,
  limit: 4_096,
  chat: true,
  mentions: { "@ada_lovelace": "@ada_lovelace", "987654321": "user 987654321" },
});

describe("telegram", () => {
  test("asks the bot's own method, at Telegram's address unless another is given", () => {
    const { url } = requests(chat, aNotification())[0]!;
    expect(url).toBe(`https://telegram.example/api/bot${token}/sendMessage`);
    const { data } = channelOf("telegram").options.safeParse({ token, chat: "@ops_alerts" });
    expect(data).toMatchObject({ url: "https://api.telegram.org" });
  });

  test("sends to the chat and its topic, without previews and without a parse mode", () => {
    const body = bodyOf({ type: "telegram", options: { ...options, thread: 12 } }, aNotification());
    expect(body).toMatchObject({
      chat_id: -1001234567890,
      message_thread_id: 12,
      link_preview_options: { is_disabled: true },
    });
    expect(body).not.toHaveProperty("parse_mode");
    expect(bodyOf(chat, aNotification())).not.toHaveProperty("message_thread_id");
  });

  test.each(["plain", "😀👩‍🚒 emoji", "训练 CJK", "a.b/c:d"])(
    "entities are where they belong after texts of %s",
    (text) => {
      const alerts = [
        anAlert({ summary: text }),
        anAlert({ summary: "the other", description: text, runbook: "https://wiki.example.com/other" }),
      ];
      const { text: written, entities } = bodyOf(chat, aNotification({ alerts }));
      const said = entities.map(({ type, offset, length }: Record<string, number>) => {
        return [type, written.slice(offset, offset! + length!).replaceAll("\u2060", "")];
      });
      expect(said.filter(([type]: string[]) => type === "text_link")).toEqual([
        ["text_link", "Runbook"],
        ["text_link", "Runbook"],
      ]);
      for (const [type, part] of said) if (type === "bold") expect(part).toMatch(/^(🔴 CRITICAL|2 new: 🔴)/u);
    },
  );

  test("links share a line", () => {
    const links = () => [{ text: "Lookout", url: "https://l.example/1" }];
    expect(bodyOf(chat, aNotification(), { links }).text).toMatch(/\nRunbook · Lookout$/);
  });

  test.each([14, 92, 300])("of %i alerts, keeps to the hundred entities that Telegram shows, names first", (count) => {
    const alerts = Array.from({ length: count }, (_, at) =>
      anAlert({ id: `a${at}`, summary: `svc-${at}`, labels: {} }),
    );
    const pages = Array.from({ length: 8 }, (_, at) => at);
    const links = ({ id }: { id: string }) =>
      pages.map((at) => ({ text: `link-${at}`, url: `https://l.example/${id}/${at}` }));
    const { text, entities } = bodyOf(chat, aNotification({ alerts }), { links, mentions: ["987654321"] });
    const types: string[] = entities.map(({ type }: { type: string }) => type);
    expect(types.slice(0, 2)).toEqual(["bold", "text_mention"]);
    expect(types).toHaveLength(100);
    const named = text.split("\n").filter((line: string) => line.startsWith("🔴 CRITICAL svc-")).length;
    expect(types.filter((type) => type === "bold")).toHaveLength(Math.min(named + 1, 99));
    // None is shown without its address.
    const linked = types.filter((type) => type === "text_link").length;
    expect(text.match(/Runbook|link-\d+/g) ?? []).toHaveLength(linked);
  });

  test("names and brackets stay as they are, since nothing reads them", () => {
    const { text } = bodyOf(chat, aNotification({ alerts: [anAlert({ summary: "train_v2[0] <b>*x*</b> | a" })] }));
    expect(text.replaceAll("\u2060", "")).toContain("train_v2[0] <b>*x*</b> | a");
  });

  test("fills its limit, mentions included", () => {
    const mentions = Array.from({ length: 50 }, (_, at) => `@somebody_number_${at}`);
    const { text } = bodyOf(chat, aNotification({ alerts: crowd(3_000, "a".repeat(60)) }), { mentions });
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(text.length).toBeGreaterThan(3_900);
    expect(text).toMatch(/^.+\n@somebody_number_0 @somebody_number_1 .*\n/);
  });

  test("mentions people by name, or by number where they have none; never those whom an event names", () => {
    const named = aNotification({ alerts: [anAlert({ summary: "@everyone is down" })] });
    expect(shownOf(chat, named).mentions).toEqual([]);
    const { mentions, text } = shownOf(chat, named, { mentions: ["@ada_lovelace", "987654321"] });
    expect(mentions).toEqual(["@ada_lovelace", "user 987654321"]);
    expect(text.split("\n")[1]).toBe("@ada_lovelace 987654321");
  });

  test.each([
    ["a token that is none", { ...options, token: "hush" }, "token"],
    ["a chat that is none", { ...options, chat: "ops alerts" }, "chat"],
    ["a topic that is none", { ...options, thread: "general" }, "thread"],
  ])("%s is found when the file is read, and not repeated", (_name, wrong, field) => {
    const { error } = channelOf("telegram").options.safeParse(wrong);
    expect(error!.issues.map(({ path }) => path[0])).toEqual([field]);
    expect(JSON.stringify(error)).not.toContain("hush");
  });

  test("a token from a reference is checked when it is used", () => {
    const wrong = { ...options, token: "hush/../x" };
    expect(() => requests({ type: "telegram", options: wrong }, aNotification())).toThrow(/@BotFather/);
    expect(() => requests({ type: "telegram", options: wrong }, aNotification())).not.toThrow(/hush/);
  });

  const bad = (status: number, description: string, parameters?: object) =>
    answer(status, JSON.stringify({ ok: false, error_code: status, description, parameters }));

  test.each([
    ["200 with an error inside", answer(200, '{"ok":false,"description":"no"}'), "permanent", '"ok": true'],
    [
      "a wrong token",
      bad(401, "Unauthorized"),
      "permanent",
      "HTTP 401: Unauthorized; the token is wrong: ask @BotFather",
    ],
    ["half a token", bad(404, "Not Found"), "permanent", "the token is wrong: ask @BotFather"],
    [
      "a chat that it does not know",
      bad(400, "Bad Request: chat not found"),
      "permanent",
      'add it there, and check "chat"',
    ],
    ["a topic that is gone", bad(400, "Bad Request: message thread not found"), "permanent", 'check "thread"'],
    ["a topic that is closed", bad(400, "Bad Request: TOPIC_CLOSED"), "permanent", "reopen it"],
    [
      "a chat that has thrown it out",
      bad(403, "Forbidden: bot was kicked from the supergroup chat"),
      "permanent",
      "add it to the chat",
    ],
    [
      "a chat where it may not write",
      bad(400, "Bad Request: not enough rights to send text messages to the chat"),
      "permanent",
      "allow the bot to send messages",
    ],
    ["Telegram's own trouble", bad(502, "Bad Gateway"), "retry", "HTTP 502"],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = channelOf("telegram").classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringContaining(reason) });
  });

  test("too many messages wait as long as Telegram says", () => {
    const response = bad(429, "Too Many Requests: retry after 35", { retry_after: 35 });
    expect(channelOf("telegram").classify(response, { now: NOW, attempt: 1 })).toMatchObject({
      kind: "retry",
      after: 35_000,
    });
  });

  describe("a group that became a supergroup", () => {
    const OLD = -4012345678;
    const NEW = -1009876543210;
    /** As Telegram answers; the chats that were asked, in order. */
    const telegram = async (late?: object) => {
      const asked: number[] = [];
      const server = await startScripted(({ body }) => {
        const { chat_id: id } = JSON.parse(body);
        asked.push(id);
        const moved = bad(400, "Bad Request: group chat was upgraded to a supergroup chat", {
          migrate_to_chat_id: NEW,
        });
        return id === OLD ? moved : { status: 200, body: '{"ok":true,"result":{"message_id":7}}', ...late };
      });
      onTestFinished(() => server.close());
      const post = (chat: number, more: { receipt?: string } = {}) =>
        sent("telegram", { token, chat, url: server.url }, aNotification(), more);
      return { asked, post };
    };

    test("gets the message in the same try, and the file's owner is told its new id", async () => {
      const { asked, post } = await telegram();
      expect(await post(OLD)).toMatchObject({
        kind: "delivered",
        note: `the group became a supergroup: set "chat" to ${NEW}`,
      });
      expect(asked).toEqual([OLD, NEW]);
    });

    test("is asked by its new id at once for what follows, until the file names another chat", async () => {
      const { asked, post } = await telegram();
      const { receipt } = (await post(OLD)) as { receipt: string };
      asked.length = 0;
      const next = await post(OLD, { receipt });
      expect(next).toMatchObject({ kind: "delivered", receipt, note: expect.stringContaining(`${NEW}`) });
      expect(await post(-4087654321, { receipt })).toEqual({ kind: "delivered" });
      expect(asked).toEqual([NEW, -4087654321]);
    });

    test("is refused as any other, with the id that the file should have", async () => {
      const { asked, post } = await telegram(bad(403, "Forbidden: bot was kicked from the supergroup chat"));
      const outcome = await post(OLD);
      expect(outcome).toMatchObject({ kind: "permanent", reason: expect.stringMatching(/403.*add it to the chat/) });
      expect(outcome).toMatchObject({ reason: expect.stringContaining(`set "chat" to ${NEW}`) });
      expect(asked).toEqual([OLD, NEW]);
    });

    test("is asked once where its new id has moved, too", async () => {
      const { asked, post } = await telegram(bad(400, "Bad Request: upgraded", { migrate_to_chat_id: OLD }));
      expect(await post(OLD)).toMatchObject({ kind: "permanent" });
      expect(asked).toEqual([OLD, NEW]);
    });
  });
});
