// The incident.io channel: one alert each, under its id; only 202 is success.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, NOW } from "../samples.ts";

const options = {
  url: "https://api.incident.io/v2/alert_events/http/01GW2G3V0S59R238FAHPDS1R66",
  token: "a5f0c3e97d2b4168a5f0c3e97d2b4168",
};
const spec = {
  type: "incident-io",
  options,
  secrets: [options.token],
  success: answer(202, '{"deduplication_key":"a1","message":"Event accepted for processing","status":"success"}'),
  delivered: (status: number) => status === 202,
  measure: (request: { body: string }) => Buffer.byteLength(request.body),
  limit: 512_000,
  chat: false,
};
channelContract(spec);

const incidentIo = channelOf("incident-io");
const body = (notification = aNotification()) => JSON.parse(requests(spec, notification)[0]!.body);

describe("incident-io", () => {
  test("an alert is sent under its id with what can be routed by", () => {
    expect(incidentIo.incident).toBe(true);
    expect(requests(spec, aNotification())[0]!.headers["authorization"]).toBe(`Bearer ${options.token}`);
    expect(body()).toMatchObject({
      title: "Deployment of zcjtest-07085 failed",
      deduplication_key: "a1b2c3d4",
      status: "firing",
      metadata: { severity: "critical", rule: "deploy-failed", connection: "prod", resource: "service zcjtest-07085" },
    });
  });

  test("a resolved alert resolves under the same id", () => {
    const resolved = anAlert({ status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" });
    expect(body(aNotification({ alerts: [resolved] }))).toMatchObject({
      deduplication_key: "a1b2c3d4",
      status: "resolved",
    });
  });

  test("its source is the first page about the alert", () => {
    const links = () => [{ text: "Lookout", url: "https://lookout.example.com/alerts/a1" }];
    const context = { now: NOW, timezone: "UTC", attempt: 1, links };
    const request = incidentIo.render(aNotification(), options, context)!;
    expect(JSON.parse(request.body).source_url).toBe("https://lookout.example.com/alerts/a1");
  });

  test("what an event says formats nothing in its Markdown", () => {
    const summary = "[click](https://evil.example) **now**";
    const { description } = body(aNotification({ alerts: [anAlert({ summary, runbook: null })] }));
    expect(description).not.toMatch(/\]\(|evil\.example|\*\*now/);
  });

  test.each([
    ["a wrong token", answer(401, '{"type":"authentication_error"}'), "permanent", /"token"/],
    ["an alert source that is gone", answer(404, '{"type":"not_found"}'), "permanent", /"url"/],
    ["a body refused", answer(422, '{"message":"title is required"}'), "permanent", /title is required/],
    ["too many at once", answer(429, "slow down"), "retry", /HTTP 429/],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = incidentIo.classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(reason) });
  });
});
