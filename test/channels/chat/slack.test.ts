// The Slack channel: the body "ok" is the only success, and what an event says is text and nothing more.
import { describe, expect, test } from "vitest";
import type { RenderContext } from "../../../lib/channels/port.ts";
import type { Notification } from "../../../lib/model/notification.ts";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, anEvent, crowd, NOW } from "../samples.ts";

const url = "https://hooks.slack.com/services/T0A1B2C3D/B9Z8Y7X6W/aBcDeFgHiJkLmNoPqRsTuVwX";

channelContract({
  type: "slack",
  options: { url },
  secrets: ["T0A1B2C3D", "B9Z8Y7X6W", "aBcDeFgHiJkLmNoPqRsTuVwX"],
  success: answer(200, "ok"),
  delivered: () => false,
  measure: (request) =>
    Buffer.byteLength(JSON.stringify([JSON.parse(request.body).blocks, JSON.parse(request.body).attachments])) - 3,
  limit: 12_000,
  chat: true,
  mentions: { S0ONCALL: "<!subteam^S0ONCALL>", U012AB3CD: "<@U012AB3CD>", here: "<!here>" },
});

interface Element {
  type: string;
  text?: string;
  url?: string;
  style?: object;
}

interface PlainText {
  type: "plain_text";
  text: string;
  emoji: boolean;
}

type Block =
  | { type: "header"; text: PlainText }
  | { type: "context"; elements: PlainText[] }
  | { type: "actions"; elements: { type: "button"; text: PlainText; url: string }[] }
  | { type: "rich_text"; elements: { type: string; elements: Element[] }[] };

interface Body {
  text: string;
  blocks: Block[];
  attachments: { color?: string; blocks: Block[] }[];
}

function bodyOf(notification: Notification, more: Partial<RenderContext> = {}): Body {
  return JSON.parse(requests({ type: "slack", options: { url } }, notification, more)[0]!.body);
}

function blocksOf({ blocks, attachments }: Body): Block[] {
  return [...blocks, ...attachments.flatMap((one) => one.blocks)];
}

function elementsOf(body: Body): Element[] {
  return blocksOf(body).flatMap((block) =>
    block.type === "rich_text" ? block.elements.flatMap(({ elements }) => elements) : [],
  );
}

/** Texts that are no rich text. */
function plainTexts(body: Body): PlainText[] {
  return blocksOf(body).flatMap((block) => {
    if (block.type === "header") return [block.text];
    if (block.type === "context") return block.elements;
    return block.type === "actions" ? block.elements.map(({ text }) => text) : [];
  });
}

const MARKUP = [
  ["bold", "*all* is well"],
  ["italics", "_all_ is well, _really_"],
  ["strikethrough", "~all~ is well"],
  ["code", "`all` ```is``` well"],
  ["an address", "see https://evil.example/pay"],
  ["a bare address", "see www.evil.example or evil.example"],
  ["a mail address", "write to root@evil.example or mailto:root@evil"],
  ["a link", "<https://evil.example|the runbook>"],
  ["a mention of all", "<!channel> <!here> @channel @here"],
  ["a mention of one", "<@U0123456> @ada #general <#C0123456>"],
  ["what was escaped already", "&lt;!channel&gt;"],
  ["an emoji's name", ":fire:"],
] as const;

describe("slack", () => {
  test.each(MARKUP)("shows %s in an event's text as it is, and makes nothing of it", (_name, text) => {
    const alert = anAlert({
      summary: text,
      description: text,
      acknowledgedBy: text,
      runbook: null,
      events: [anEvent({ message: `${text}!` })],
    });
    const body = bodyOf(aNotification({ alerts: [alert, alert], group: { text } }));
    const elements = elementsOf(body);
    expect(new Set(blocksOf(body).map(({ type }) => type))).toEqual(new Set(["header", "rich_text", "context"]));
    expect(new Set(elements.map(({ type }) => type))).toEqual(new Set(["text"]));
    expect(elements.filter((element) => element.text!.includes(text)).length).toBeGreaterThanOrEqual(4);
    for (const plain of plainTexts(body)) {
      expect(plain).toMatchObject({ type: "plain_text", emoji: false });
      expect(plain.text).not.toMatch(/[.@/](?=[\w/])|(?<!\d):(?=[\w/])/);
    }
    const readAnyway = body.text.slice(body.text.indexOf(":") + 1);
    expect(readAnyway).not.toMatch(/[*~`<>&]|(?<!\w)_|_(?!\w)|[.:@#](?=\w|\/)/);
  });

  test("asks Slack to read nothing in the text beside the blocks, and to show no previews", () => {
    const options = { mrkdwn: false, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false };
    expect(bodyOf(aNotification())).toMatchObject(options);
  });

  test("has its title as a header, each alert in the colour of its severity, and links as buttons", () => {
    const over = { status: "resolved", endsAt: "2026-11-20T10:04:00.000Z", reason: "resolved" } as const;
    const alerts = [anAlert({ reason: "new", severity: "warning" }), anAlert({ summary: "b", runbook: null, ...over })];
    const links = () => [{ text: "Console", url: "https://console.example/" }];
    const { blocks, attachments } = bodyOf(aNotification({ alerts }), { links });
    expect(blocks).toMatchObject([{ type: "header", text: { text: expect.stringContaining("1 new, 1 resolved") } }]);
    expect(attachments.map(({ color }) => color)).toEqual(["#f2c200", "#2e7d32", undefined]);
    expect(attachments.map((one) => one.blocks.map(({ type }) => type))).toEqual([
      ["rich_text", "context", "actions"],
      ["rich_text", "context"],
      ["context"],
    ]);
    expect(attachments[0]!.blocks.at(-1)).toMatchObject({
      elements: [
        { type: "button", text: { text: "Runbook" }, url: "https://wiki.example.com/run%28book%29?a=1&b=2" },
        { type: "button", text: { text: "Console" }, url: "https://console.example/" },
      ],
    });
  });

  test.each(["a", "😀", "训", '"\\', "&<"])("fills its limits with texts of %s, and exceeds none", (unit) => {
    for (const [count, length] of [
      [1, 100_000],
      [60, 1],
      [60, 400],
      [3_000, 60],
    ] as const) {
      const body = bodyOf(aNotification({ alerts: crowd(count, unit.repeat(length)), group: { text: unit } }));
      expect(body.attachments.length).toBeLessThanOrEqual(20);
      for (const { blocks } of body.attachments) expect(blocks.length).toBeLessThanOrEqual(3);
      for (const block of body.blocks) expect(block).toMatchObject({ type: "header", text: expect.anything() });
      expect(plainTexts(body)[0]!.text.length).toBeLessThanOrEqual(150);
      expect(body.text.length).toBeLessThanOrEqual(40_000);
      for (const { text } of elementsOf(body)) expect(text!.length).toBeLessThanOrEqual(3_000);
      const size = Buffer.byteLength(JSON.stringify([body.blocks, body.attachments]));
      expect(size).toBeLessThanOrEqual(12_000);
      if (count > 1) expect(size).toBeGreaterThan(10_000);
    }
  });

  test.each([
    ["JSON that says so", answer(200, '{"ok":true}'), { kind: "delivered" }],
    ["200 with an error in words", answer(200, "invalid_blocks"), { kind: "permanent" }],
    ["200 with a proxy's page", answer(200, "<html>Log in</html>"), { kind: "retry" }],
    ["200 with an error in JSON", answer(200, '{"ok":false,"error":"channel_not_found"}'), { kind: "permanent" }],
    ["a rate limit within 200", answer(200, '{"ok":false,"error":"rate_limited","retry_after":3}'), { after: 3_000 }],
    [
      "a rate limit",
      answer(429, '{"ok":false,"error":"rate_limited","retry_after":1}', { "retry-after": "30" }),
      { after: 30_000 },
    ],
    ["Slack's own trouble", answer(200, '{"ok":false,"error":"internal_error"}'), { kind: "retry" }],
    [
      "a webhook that is gone",
      answer(404, "no_service"),
      { kind: "permanent", reason: expect.stringContaining("no_service; the webhook was removed"), gone: true },
    ],
  ])("%s", (_name, response, outcome) => {
    expect(channelOf("slack").classify(response, { now: NOW, attempt: 1 })).toMatchObject(outcome);
  });
});
