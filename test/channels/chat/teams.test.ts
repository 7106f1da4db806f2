// The Teams channel: any 2xx is accepted, unless the text inside is an error.
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { RenderContext } from "../../../lib/channels/port.ts";
import type { Notification } from "../../../lib/model/notification.ts";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, crowd, NOW } from "../samples.ts";

const url =
  "https://prod-01.westeurope.logic.azure.com/workflows/0f1e2d3c4b5a/triggers/manual/paths/invoke?api-version=2016-06-01&sig=Qw3rTy_uI0p-AsDf";
channelContract({
  type: "teams",
  options: { url },
  secrets: ["0f1e2d3c4b5a", "Qw3rTy_uI0p-AsDf"],
  success: answer(202),
  delivered: (status) => status >= 200 && status <= 299,
  measure: (request) => Buffer.byteLength(request.body),
  limit: 21_000,
  chat: true,
  mentions: { "ada@example.com": "<at>ada@example.com</at>" },
});

/** What we use of Adaptive Cards 1.4, strictly: https://adaptivecards.io/explorer/ */
const OPEN = { type: "object", required: ["type"] };
function element(type: string, properties: object, required: string[]): object {
  const all = { type: { const: type }, ...properties };
  return { type: "object", properties: all, required: ["type", ...required], additionalProperties: false };
}
const SPACING = { enum: ["None", "Small", "Medium"] };
const RUN = element(
  "TextRun",
  {
    text: { type: "string", minLength: 1 },
    size: { enum: ["Small", "Large"] },
    weight: { const: "Bolder" },
    color: { enum: ["Attention", "Warning", "Accent", "Good"] },
    isSubtle: { const: true },
  },
  ["text"],
);
const RICH_TEXT = element("RichTextBlock", { spacing: SPACING, inlines: { type: "array", items: RUN, minItems: 1 } }, [
  "inlines",
]);
const TEXT = element("TextBlock", { text: { type: "string" }, wrap: { const: true } }, ["text"]);
const OPEN_URL = element(
  "Action.OpenUrl",
  { title: { type: "string" }, url: { type: "string", pattern: "^https?://" } },
  ["url"],
);
const ACTIONS = element("ActionSet", { actions: { type: "array", items: OPEN_URL, minItems: 1, maxItems: 6 } }, [
  "actions",
]);
const CONTAINER = element(
  "Container",
  {
    style: { enum: ["attention", "warning", "accent", "good"] },
    items: { type: "array", items: { anyOf: [RICH_TEXT, ACTIONS] }, minItems: 1 },
  },
  ["items"],
);
const isCard = new Ajv2020().compile({
  ...OPEN,
  properties: {
    type: { const: "AdaptiveCard" },
    version: { const: "1.4" },
    $schema: { const: "http://adaptivecards.io/schemas/adaptive-card.json" },
    msteams: {
      type: "object",
      properties: { width: { const: "Full" }, entities: { type: "array", items: OPEN } },
      additionalProperties: false,
    },
    body: { type: "array", items: { anyOf: [RICH_TEXT, TEXT, CONTAINER] } },
  },
  additionalProperties: false,
});

function cardOf(notification: Notification, more: Partial<RenderContext> = {}): unknown {
  const [request] = requests({ type: "teams", options: { url } }, notification, more);
  return JSON.parse(request!.body).attachments[0].content;
}

describe("teams", () => {
  test.each<[string, Notification]>([
    ["one alert", aNotification()],
    ["thirty alerts", aNotification({ alerts: crowd(30, "x") })],
    ["more than fit", aNotification({ alerts: crowd(3_000, "x".repeat(400)) })],
    [
      "nothing but what was held back",
      aNotification({ alerts: [], suppressed: { silenced: 1, muted: 0, inhibited: 0 } }),
    ],
  ])("a card of %s is a valid one", (_name, notification) => {
    const links = () => [{ text: "Console", url: "https://console.example/" }];
    isCard(cardOf(notification, { links, mentions: ["ada@example.com"], note: "x" }));
    expect(isCard.errors ?? []).toEqual([]);
  });

  test("each alert stands on the colour of its severity, its links are buttons", () => {
    const alerts = [
      anAlert({ reason: "new", severity: "warning" }),
      anAlert({ reason: "new", runbook: "https://b.example/" }),
    ];
    const card = cardOf(aNotification({ alerts })) as { body: object[] };
    expect(card.body.slice(1)).toMatchObject([
      {
        type: "Container",
        style: "attention",
        items: expect.arrayContaining([expect.objectContaining({ type: "ActionSet" })]),
      },
      { type: "Container", style: "warning" },
      { type: "Container" },
    ]);
    expect(card.body.at(-1)).not.toHaveProperty("style");
  });

  test("sends one adaptive card whose runbook can be opened", () => {
    const [request] = requests({ type: "teams", options: { url } }, aNotification());
    const [attachment] = JSON.parse(request!.body).attachments;
    expect(attachment).toMatchObject({
      contentType: "application/vnd.microsoft.card.adaptive",
      content: { type: "AdaptiveCard" },
    });
    expect(JSON.stringify(attachment)).toContain('"type":"Action.OpenUrl"');
  });

  test("an error within 200 counts as that error", () => {
    const body =
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x";
    expect(channelOf("teams").classify(answer(200, body), { now: NOW, attempt: 1 }).kind).toBe("retry");
  });
});
