// The Grafana OnCall channel: a formatted webhook for each alert, under its id.
import { describe, expect, test } from "vitest";
import { answer, channelContract, channelOf, requests } from "../contract.ts";
import { aNotification, anAlert, NOW } from "../samples.ts";

const options = {
  url: "https://oncall.example.com/oncall/integrations/v1/formatted_webhook/m12xmIjOcgwH74UF8CN4dk0Dh/",
};
const spec = {
  type: "grafana-oncall",
  options,
  secrets: ["m12xmIjOcgwH74UF8CN4dk0Dh"],
  success: answer(200, "Ok."),
  delivered: (status: number) => status === 200,
  measure: (request: { body: string }) => Buffer.byteLength(request.body),
  limit: 100_000,
  chat: false,
};
channelContract(spec);

const oncall = channelOf("grafana-oncall");
const body = (notification = aNotification()) => JSON.parse(requests(spec, notification)[0]!.body);

describe("grafana-oncall", () => {
  test("a firing alert is alerting under its id", () => {
    expect(oncall.incident).toBe(true);
    expect(body()).toMatchObject({
      alert_uid: "a1b2c3d4",
      title: "Deployment of zcjtest-07085 failed",
      state: "alerting",
      severity: "critical",
      link_to_upstream_details: "https://wiki.example.com/run%28book%29?a=1&b=2",
    });
    expect(body().message).toContain("team=ml, env=prod");
  });

  test("a resolved alert is ok under the same id", () => {
    const resolved = anAlert({ status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" });
    expect(body(aNotification({ alerts: [resolved] }))).toMatchObject({ alert_uid: "a1b2c3d4", state: "ok" });
  });

  test.each([
    ["an integration that is gone", answer(404), "permanent", /"url".*Formatted Webhook/],
    ["an address refused", answer(403, "Forbidden"), "permanent", /"url"/],
    ["too many at once", answer(429), "retry", /HTTP 429/],
    ["202, which is no answer of it", answer(202), "permanent", /HTTP 202/],
  ])("%s", (_name, response, kind, reason) => {
    const outcome = oncall.classify(response, { now: NOW, attempt: 1 });
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(reason) });
  });
});
