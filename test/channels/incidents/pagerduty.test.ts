// The PagerDuty channel: one incident per alert, under its id; only 202 with the status "success" is one.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, NOW } from "../samples.ts";

const options = { routingKey: "R0123456789abcdefR0123456789abcd", url: "https://events.eu.pagerduty.com/v2/enqueue" };
const spec = {
  type: "pagerduty",
  options,
  secrets: [options.routingKey],
  success: answer(202, '{"status":"success","message":"Event processed","dedup_key":"a1"}'),
  delivered: () => false,
  measure: (request: { body: string }) => Buffer.byteLength(request.body),
  limit: 512_000,
  chat: false,
};
channelContract(spec);

const body = (notification = aNotification()) => JSON.parse(requests(spec, notification)[0]!.body);

describe("pagerduty", () => {
  test("is an incident channel with PagerDuty's address as default", () => {
    expect(channelOf("pagerduty").incident).toBe(true);
    expect(channelOf("pagerduty").options.parse({ routingKey: "x" })).toMatchObject({
      url: "https://events.pagerduty.com/v2/enqueue",
    });
  });

  test("a firing alert triggers under its id with its own severity", () => {
    expect(body()).toMatchObject({
      routing_key: options.routingKey,
      event_action: "trigger",
      dedup_key: "a1b2c3d4",
      payload: { summary: "Deployment of zcjtest-07085 failed", source: "zcjtest-07085", severity: "critical" },
    });
  });

  test.each([
    ["of nothing that is seen", { type: "service", id: "35de3ca9", name: "\u200b " }, "35de3ca9"],
    ["and an id of nothing", { type: "service", id: "", name: "" }, "prod"],
  ])("a resource with a name %s leaves no event without the source that PagerDuty wants", (_what, resource, source) => {
    expect(body(aNotification({ alerts: [anAlert({ resource })] })).payload.source).toBe(source);
  });

  test("an event says why its own alert is in the notification", () => {
    const reasonOf = (alert: object) => body(aNotification({ alerts: [anAlert(alert)] })).payload.custom_details.reason;
    expect(reasonOf({ reason: "escalation" })).toBe("escalation");
    expect(reasonOf({ newCount: 0 })).toBe("repeat");
  });

  test("a resolved alert resolves under the same id", () => {
    const resolved = anAlert({ status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" });
    expect(body(aNotification({ alerts: [resolved] }))).toMatchObject({
      event_action: "resolve",
      dedup_key: "a1b2c3d4",
    });
  });

  test("an alert that somebody takes care of is acknowledged under the same id", () => {
    const taken = anAlert({ acknowledgedBy: "ada", reason: "acknowledged" });
    expect(body(aNotification({ reason: "acknowledged", alerts: [taken] }))).toEqual({
      ...{ routing_key: expect.any(String), client: "Lookout" },
      ...{ event_action: "acknowledge", dedup_key: "a1b2c3d4" },
    });
  });

  test("a summary has at most 1,024 characters, and a runbook that is no link is left out of the links", () => {
    const sent = body(aNotification({ alerts: [anAlert({ summary: "😀".repeat(2_000), runbook: "ask Ada" })] }));
    expect(sent.payload.summary.length).toBeLessThanOrEqual(1_024);
    expect(sent).not.toHaveProperty("links");
  });

  test("links to the runbook and to the pages that it is given", () => {
    const links = () => [{ text: "Console", url: "https://console.example/" }];
    const [request] = requests(spec, aNotification(), { links });
    expect(JSON.parse(request!.body).links).toEqual([
      { href: "https://wiki.example.com/run%28book%29?a=1&b=2", text: "Runbook" },
      { href: "https://console.example/", text: "Console" },
    ]);
  });

  test("several alerts are several events, and none are none", () => {
    const alerts = [anAlert({ id: "one" }), anAlert({ id: "two" })];
    const keys = requests(spec, aNotification({ alerts })).map((request) => JSON.parse(request.body).dedup_key);
    expect(keys).toEqual(["one", "two"]);
    const context = { now: NOW, timezone: "UTC", attempt: 1 };
    expect(channelOf("pagerduty").render(aNotification({ alerts: [] }), options, context)).toBeNull();
    expect(() => channelOf("pagerduty").render(aNotification({ alerts }), options, context)).toThrow(/one alert/);
  });

  test.each([
    ["a rate limit that names no wait", answer(429), { kind: "retry", after: 60_000 }],
    ["an event refused", answer(400, '{"status":"invalid event"}'), { kind: "permanent" }],
    ["200, which is not accepted", answer(200, "ok"), { kind: "permanent" }],
    ["202 without its word", answer(202), { kind: "permanent" }],
    ["202 of something else", answer(202, '{"status":"throttled"}'), { kind: "permanent" }],
  ])("%s", (_name, response, outcome) => {
    expect(channelOf("pagerduty").classify(response, { now: NOW, attempt: 1 })).toMatchObject(outcome);
  });
});
