// The Opsgenie channel: one alert each, under its id; only 202 is success.
import { describe, expect, test } from "vitest";
import type { NotifiedAlert } from "../../../lib/model/notification.ts";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, anEvent, NOW } from "../samples.ts";

const options = { apiKey: "0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d", url: "https://api.eu.opsgenie.com" };
const spec = {
  type: "opsgenie",
  options,
  secrets: [options.apiKey],
  success: answer(202, '{"result":"Request will be processed","took":0.1,"requestId":"43a29c5c-3dbf"}'),
  delivered: (status: number) => status === 202,
  measure: (request: { body: string }) => Buffer.byteLength(request.body),
  limit: 100_000,
  chat: false,
};
channelContract(spec);

const opsgenie = channelOf("opsgenie");
const request = (notification = aNotification()) => requests(spec, notification)[0]!;

describe("opsgenie", () => {
  test("is an incident channel with Opsgenie's address as default", () => {
    expect(opsgenie.incident).toBe(true);
    expect(opsgenie.options.parse({ apiKey: "x" })).toMatchObject({ url: "https://api.opsgenie.com" });
  });

  test("a firing alert is created under its id, with a priority of its severity", () => {
    const { url, headers, body } = request();
    expect(url).toBe("https://api.eu.opsgenie.com/v2/alerts");
    expect(headers["authorization"]).toBe(`GenieKey ${options.apiKey}`);
    expect(JSON.parse(body)).toMatchObject({
      message: "Deployment of zcjtest-07085 failed",
      alias: "a1b2c3d4",
      priority: "P1",
      entity: "zcjtest-07085",
      details: { rule: "deploy-failed", resourceId: "35de3ca9", labels: "team=ml, env=prod" },
    });
  });

  test.each([
    ["critical", "P1"],
    ["error", "P2"],
    ["warning", "P3"],
    ["info", "P5"],
  ] as const)("%s is %s", (severity, priority) => {
    const { body } = request(aNotification({ alerts: [anAlert({ severity })] }));
    expect(JSON.parse(body).priority).toBe(priority);
  });

  test("a resolved alert is closed under the same id", () => {
    const resolved = anAlert({ id: "a/1?", status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" });
    const { url } = request(aNotification({ alerts: [resolved] }));
    expect(url).toBe("https://api.eu.opsgenie.com/v2/alerts/a%2F1%3F/close?identifierType=alias");
  });

  test.each<[sentence: string, fields: Partial<NotifiedAlert>, said: string]>([
    [
      "how long it lasted and what ended it",
      { events: [anEvent({ time: "2026-11-20T10:12:00.000Z", message: "Service <b>is</b> running" })] },
      "Resolved after 12m: ended by 2026-11-20 11:12:00 GMT+1: Service ＜b＞is＜/b＞ running",
    ],
    ["that nothing more came", {}, "Resolved after 12m: ended 8m after its last event"],
    ["how long it lasted, where its events are not known", { events: [] }, "Resolved after 12m"],
    ["no more than is known", { events: [], endsAt: "never" }, "Resolved"],
  ])("its end says %s, within 200 characters", (_sentence, fields, said) => {
    const noteOf = (more: Partial<NotifiedAlert>) => {
      const over = anAlert({ status: "resolved", endsAt: "2026-11-20T10:12:00.000Z", ...fields, ...more });
      return JSON.parse(request(aNotification({ alerts: [over] })).body).note.replaceAll("\u2060", "");
    };
    expect(noteOf({})).toBe(said);
    const long = anEvent({ time: "2026-11-20T10:12:00.000Z", message: "x.y ".repeat(500) });
    expect(noteOf({ events: [long] }).length).toBeLessThanOrEqual(200);
  });

  test("an alert that somebody takes care of is acknowledged under the same id, with a note of who", () => {
    const taken = anAlert({ id: "a/1?", acknowledgedBy: "ada", reason: "acknowledged" });
    const { url, body } = request(aNotification({ reason: "acknowledged", alerts: [taken] }));
    expect(url).toBe("https://api.eu.opsgenie.com/v2/alerts/a%2F1%3F/acknowledge?identifierType=alias");
    expect(JSON.parse(body)).toEqual({ source: "Lookout", note: "Acknowledged by ada" });
  });

  test("the description has no Markdown, which Opsgenie would show as it is, and no tag of an event's text", () => {
    const { body } = request(aNotification({ alerts: [anAlert({ summary: "<b>pool_1 & 2</b>" })] }));
    const { description } = JSON.parse(body);
    expect(description).not.toMatch(/\*\*|\]\(|<|>/);
    expect(description).toContain("＜b＞pool_1 ＆ 2＜/\u2060b＞");
    expect(description).toMatch(/^Runbook: https:\/\/wiki\.example\.com/m);
  });

  test("texts keep to Opsgenie's limits, and to whole characters", () => {
    const { body } = request(aNotification({ alerts: [anAlert({ summary: "😀".repeat(9_000) })] }));
    const { message, description } = JSON.parse(body);
    expect(message.length).toBeLessThanOrEqual(130);
    expect(description.length).toBeLessThanOrEqual(15_000);
    expect([message.isWellFormed(), description.isWellFormed()]).toEqual([true, true]);
  });

  test.each([
    ["a wrong key", answer(401, '{"message":"Could not authenticate"}'), /"apiKey"/],
    ["a key of another kind or region", answer(403, '{"message":"You are not authorized"}'), /"apiKey".*region/],
    ["a wrong address", answer(404, "Not Found"), /"url"/],
    ["a body refused", answer(422, '{"message":"Request body is not processable"}'), /not processable/],
    ["200, which is not accepted", answer(200, '{"ok":true}'), /HTTP 200, which is not the answer/],
    ["a key of another form", answer(422, '{"message":"Key format is not valid!"}'), /check "apiKey"/],
  ])("%s is permanent, and its reason says what to do", (_name, response, reason) => {
    const outcome = opsgenie.classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind: "permanent", reason: expect.stringMatching(reason) });
  });
});
