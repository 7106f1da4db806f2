// The Slack channel: the body "ok" is the only success, and nothing but rich text goes out.
import { describe, expect, test } from "vitest";
import type { Notification } from "../../lib/model/notification.ts";
import { answer, channelContract, channelOf, requests } from "./contract.ts";
import { aNotification, anAlert, anEvent, crowd, NOW } from "./samples.ts";

const url = "https://hooks.slack.com/services/T0A1B2C3D/B9Z8Y7X6W/aBcDeFgHiJkLmNoPqRsTuVwX";

channelContract({
  type: "slack",
  options: { url },
  secrets: ["T0A1B2C3D", "B9Z8Y7X6W", "aBcDeFgHiJkLmNoPqRsTuVwX"],
  success: answer(200, "ok"),
  delivered: () => false,
  measure: (request) => Buffer.byteLength(JSON.stringify(JSON.parse(request.body).blocks)),
  limit: 12_000,
  chat: true,
});

interface Element {
  type: string;
  text?: string;
  url?: string;
  style?: object;
}

interface Body {
  text: string;
  blocks: { type: string; elements: { type: string; elements: Element[] }[] }[];
}

function bodyOf(notification: Notification): Body {
  return JSON.parse(requests({ type: "slack", options: { url } }, notification)[0]!.body);
}

function elementsOf({ blocks }: Body): Element[] {
  return blocks.flatMap((block) => block.elements.flatMap(({ elements }) => elements));
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
    expect(new Set(body.blocks.map(({ type }) => type))).toEqual(new Set(["rich_text"]));
    expect(new Set(elements.map(({ type }) => type))).toEqual(new Set(["text"]));
    expect(elements.filter((element) => element.text!.includes(text)).length).toBeGreaterThanOrEqual(6);
    const readAnyway = body.text.slice(body.text.indexOf(":") + 1);
    expect(readAnyway).not.toMatch(/[*~`<>&]|(?<!\w)_|_(?!\w)|[.:@#](?=\w|\/)/);
  });

  test("asks Slack to read nothing in the text beside the blocks, and to show no previews", () => {
    const options = { mrkdwn: false, parse: "none", link_names: false, unfurl_links: false, unfurl_media: false };
    expect(bodyOf(aNotification())).toMatchObject(options);
  });

  test("has titles in bold and the runbook as a link", () => {
    const elements = elementsOf(bodyOf(aNotification()));
    expect(elements[0]).toMatchObject({ type: "text", style: { bold: true } });
    expect(elements.filter(({ type }) => type === "link")).toEqual([
      { type: "link", url: "https://wiki.example.com/run%28book%29?a=1&b=2", text: "Runbook" },
    ]);
  });

  test.each(["a", "😀", "训", '"\\', "&<"])("fills its limits with texts of %s, and exceeds none", (unit) => {
    for (const [count, length] of [
      [1, 100_000],
      [60, 1],
      [60, 400],
      [3_000, 60],
    ] as const) {
      const body = bodyOf(aNotification({ alerts: crowd(count, unit.repeat(length)), group: { text: unit } }));
      expect(body.blocks.length).toBeLessThanOrEqual(50);
      expect(body.text.length).toBeLessThanOrEqual(40_000);
      for (const { text } of elementsOf(body)) expect(text!.length).toBeLessThanOrEqual(3_000);
      const size = Buffer.byteLength(JSON.stringify(body.blocks));
      expect(size).toBeLessThanOrEqual(12_000);
      if (count > 1) expect(size).toBeGreaterThan(11_500);
    }
  });

  test.each([
    ["JSON that says so", answer(200, '{"ok":true}'), { kind: "delivered" }],
    ["200 with an error in words", answer(200, "invalid_blocks"), { kind: "permanent" }],
    ["200 with a proxy's page", answer(200, "<html>Log in</html>"), { kind: "permanent" }],
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
      { kind: "permanent", reason: "HTTP 404: no_service", gone: true },
    ],
  ])("%s", (_name, response, outcome) => {
    expect(channelOf("slack").classify(response, { now: NOW, attempt: 1 })).toMatchObject(outcome);
  });
});
