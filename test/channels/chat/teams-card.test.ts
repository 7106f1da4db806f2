// Cards for Teams as the service's own library reads them: it knows each element and value, and says what it does not.
import { AdaptiveCard, SerializationContext, Versions } from "adaptivecards";
import { describe, expect, test } from "vitest";
import type { RenderContext } from "../../../lib/channels/port.ts";
import type { Notification } from "../../../lib/model/notification.ts";
import { requests } from "../contract.ts";
import { aNotification, anAlert, crowd } from "../samples.ts";

const url = "https://prod-01.westeurope.logic.azure.com/workflows/0f1e2d3c4b5a/triggers/manual/paths/invoke?sig=x";

function cardOf(notification: Notification, more: Partial<RenderContext> = {}): Record<string, unknown> {
  const [request] = requests({ type: "teams", options: { url } }, notification, more);
  return JSON.parse(request!.body).attachments[0].content;
}

/** What the library does not understand of a card, in its words. */
function wrongIn(json: unknown): string[] {
  const context = new SerializationContext(Versions.v1_4);
  const card = new AdaptiveCard();
  card.parse(json, context);
  const parsed = Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at));
  return [...parsed, ...card.validateProperties().validationEvents].map(({ message }) => message);
}

describe("a card for Teams", () => {
  const resolved = anAlert({ status: "resolved", endsAt: "2026-11-20T10:30:00.000Z" });
  test.each<[string, Notification]>([
    ["one alert", aNotification()],
    ["thirty alerts", aNotification({ alerts: crowd(30, "x") })],
    ["more than fit", aNotification({ alerts: crowd(3_000, "x".repeat(400)) })],
    ["an end", aNotification({ status: "resolved", reason: "resolved", alerts: [resolved] })],
    ["what was held back", aNotification({ alerts: [], suppressed: { silenced: 1, muted: 2, inhibited: 3 } })],
    [
      "text like markup",
      aNotification({ alerts: [anAlert({ summary: "<at>all</at> **b** [a](https://b.c) 😀\u0000" })] }),
    ],
  ])("says %s in words that the library knows", (_name, notification) => {
    const links = () => [{ text: "Console", url: "https://console.example/" }];
    expect(wrongIn(cardOf(notification, { links, mentions: ["ada@example.com"], note: "x" }))).toEqual([]);
  });

  test("with an element or a value that there is not would be noticed", () => {
    const card = cardOf(aNotification());
    const body = [
      { type: "Heading", text: "x" },
      { type: "TextBlock", text: "x", size: "Huge" },
    ];
    expect(wrongIn({ ...card, body })).toHaveLength(2);
  });
});
