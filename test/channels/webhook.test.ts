// The webhook channel: the documented body, Standard Webhooks headers, the limit of 1 MB.
import { type CloudEvent, HTTP } from "cloudevents";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { verifyWebhook } from "../../lib/channels/verify-webhook.ts";
import type { NotifiedAlert } from "../../lib/model/notification.ts";
import { answer, channelContract, channelOf, requests } from "./contract.ts";
import { aNotification, anAlert, anEvent, crowd, NOW } from "./samples.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const spec = {
  type: "webhook",
  options: {
    url: "https://ops.example.com/in/0f9e8d7c6b5a4f3e?token=Zx81yW72vU63tS54",
    secret: SECRET,
    format: "lookout",
    headers: { "X-Api-Key": "k3y-0a1b2c3d4e5f6a7b" },
  },
  secrets: [SECRET, "0f9e8d7c6b5a4f3e", "Zx81yW72vU63tS54", "k3y-0a1b2c3d4e5f6a7b"],
  success: answer(204),
  delivered: (status: number) => status >= 200 && status <= 299,
  measure: (request: { body: string }) => Buffer.byteLength(request.body),
  limit: 1_000_000,
  chat: false,
};
channelContract(spec);

const webhook = channelOf("webhook");
const [signed] = requests(spec, aNotification());

describe("webhook", () => {
  test("the body is the notification with its fields in the documented order", () => {
    const { suppressed, ...rest } = aNotification();
    const [request] = requests(spec, { suppressed, ...rest });
    expect(JSON.parse(request!.body)).toEqual(aNotification());
    expect(Object.keys(JSON.parse(request!.body))).toEqual(
      ["version", "id", "channel", "status", "group", "reason", "alerts", "suppressed"], // biome-ignore format: one list
    );
  });

  test("each alert of a body has its own reason, where its delivery was made with one", () => {
    const alerts = [anAlert({ reason: "new" }), anAlert({ reason: "repeat" }), anAlert()];
    const sent = JSON.parse(requests(spec, aNotification({ alerts }))[0]!.body).alerts;
    expect(sent.map(({ reason }: { reason?: string }) => reason)).toEqual(["new", "repeat", undefined]);
  });

  test("the reference implementation accepts the signature", () => {
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const request = webhook.render(aNotification(), spec.options, { now, timezone: "UTC", attempt: 1 });
    expect(new Webhook(SECRET).verify(request!.body, request!.headers)).toEqual(aNotification());
  });

  test("a retry keeps the id and renews time and signature", () => {
    const later = webhook.render(aNotification(), spec.options, { now: NOW + 60_000, timezone: "UTC", attempt: 2 });
    expect(later!.headers["webhook-id"]).toBe(signed!.headers["webhook-id"]);
    expect(Number(later!.headers["webhook-timestamp"])).toBe(NOW / 1_000 + 60);
    expect(later!.headers["webhook-signature"]).not.toBe(signed!.headers["webhook-signature"]);
  });

  test("without a secret there is an id and a time, and no signature", () => {
    const { secret: _, ...options } = spec.options;
    const [request] = requests({ type: "webhook", options }, aNotification());
    expect(request!.headers).toMatchObject({ "webhook-id": "dlv_1", "webhook-timestamp": String(NOW / 1_000) });
    expect(request!.headers).not.toHaveProperty("webhook-signature");
    expect(request!.headers["x-api-key"]).toBe("k3y-0a1b2c3d4e5f6a7b");
  });

  test.each([
    ["a secret of another form", { secret: "hush-hush" }, /whsec_/],
    ["another format", { format: "xml" }, /cloudevents-binary/],
    ["no secret in the list", { secret: [] }, /secret/],
    ["one secret of another form in the list", { secret: [SECRET, "hush-hush"] }, /whsec_/],
    ["an attribute of CloudEvents as a header", { headers: { "ce-id": "1" } }, /leave it out/],
    ["a header that Lookout sets", { headers: { "Webhook-Id": "1" } }, /leave it out/],
    ["a header name that is none", { headers: { "a b": "1" } }, /header name/],
  ])("refused in the configuration: %s", (_name, options, message) => {
    const parsed = webhook.options.safeParse({ url: "https://a.example", ...options });
    expect(JSON.stringify(parsed.error?.issues)).toMatch(message);
    expect(JSON.stringify(parsed.error)).not.toContain("hush");
  });

  test.each([
    ["a secret", { secret: "hush-hush" }, /whsec_/],
    ["a header value", { headers: { auth: "hush\nhush" } }, /"auth"/],
  ])("%s that turns out unusable once resolved is an error that does not show it", (_name, options, message) => {
    const render = () => requests({ type: "webhook", options: { ...spec.options, ...options } }, aNotification());
    expect(render).toThrow(message);
    expect(render).not.toThrow(/hush/);
  });

  test("of two secrets of which one has another form the other signs, and the flaw is named without its value", () => {
    const now = new Date();
    const options = { ...spec.options, secret: ["hush-hush", SECRET] };
    const [request] = requests({ type: "webhook", options }, aNotification(), { now: now.getTime() });
    expect(new Webhook(SECRET).verify(request!.body, request!.headers)).toEqual(aNotification());
    const flaws = webhook.flaws!(webhook.options.parse({ ...options, secret: ["${env:OLD}", SECRET] }));
    expect(flaws).toEqual([
      expect.stringMatching(/^secret 1 of 2 does not have the form of a signing secret: "whsec_/),
    ]);
    expect(webhook.flaws!({ ...webhook.options.parse(spec.options), secret: [SECRET] })).toEqual([]);
  });

  test("with two secrets either one verifies: the reference implementation finds its own signature", () => {
    const older = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const now = Math.floor(Date.now() / 1_000) * 1_000;
    const options = { ...spec.options, secret: [SECRET, older] };
    const request = webhook.render(aNotification(), options, { now, timezone: "UTC", attempt: 1 })!;
    expect(request.headers["webhook-signature"]!.split(" ")).toHaveLength(2);
    for (const secret of [SECRET, older]) {
      expect(new Webhook(secret).verify(request.body, request.headers)).toEqual(aNotification());
      expect(verifyWebhook({ secret, ...request, now })).toEqual(aNotification());
    }
    expect(() => verifyWebhook({ secret: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ...request, now })).toThrow();
  });

  test("410 and redirects are permanent and say why", () => {
    expect(webhook.classify(answer(410), { now: NOW, attempt: 1 })).toMatchObject({
      reason: /gone/ as never,
      gone: true,
    });
    expect(webhook.classify(answer(302), { now: NOW, attempt: 1 })).toMatchObject({ reason: /redirect/ as never });
  });

  test("older events go before anything is split, evenly and the newest last", () => {
    const events = Array.from({ length: 20 }, (_, i) => anEvent({ id: `e${i}`, data: { raw: "x".repeat(15_000) } }));
    const alerts = Array.from({ length: 10 }, (_, i) => anAlert({ id: `a${i}`, events }));
    const parts = webhook.split!(aNotification({ alerts }));
    expect(parts).toHaveLength(1);
    const kept = parts[0]!.map((alert) => alert.events.length);
    expect(Math.max(...kept) - Math.min(...kept)).toBeLessThanOrEqual(1);
    expect(kept[0]).toBeGreaterThan(4);
    for (const alert of parts[0]!) expect(alert.events.at(-1)!.id).toBe("e19");
  });

  test("beyond that it splits: every alert once, in order, with its newest event", () => {
    const events = [anEvent(), anEvent({ id: "newest", data: { raw: "x".repeat(15_000) } })];
    const alerts = Array.from({ length: 300 }, (_, i) => anAlert({ id: `a${i}`, events }));
    const parts = webhook.split!(aNotification({ alerts }));
    expect(parts.length).toBeGreaterThan(4);
    expect(parts.flat().map((alert) => alert.id)).toEqual(alerts.map((alert) => alert.id));
    for (const alert of parts.flat()) expect(alert.events.map((event) => event.id)).toEqual(["newest"]);
  });
});

describe("webhook formats", () => {
  const inFormat = (format: string, notification = aNotification()) => {
    return requests({ type: "webhook", options: { ...spec.options, format } }, notification)[0]!;
  };
  const asEvent = (format: string, notification = aNotification()): CloudEvent<unknown> => {
    const { headers, body } = inFormat(format, notification);
    return HTTP.toEvent<unknown>({ headers, body }) as CloudEvent<unknown>;
  };

  test.each(["cloudevents", "cloudevents-binary"])(
    "the SDK of CloudEvents reads the notification from %s",
    (format) => {
      const event = asEvent(format);
      expect(event.validate()).toBe(true);
      expect(event).toMatchObject({
        id: "dlv_1",
        source: "/lookout/channels/ops",
        type: "lookout.notification.firing",
        time: "2026-11-20T10:03:02.000Z",
        datacontenttype: "application/json",
        data: aNotification(),
      });
    },
  );

  test("a structured event says so in its content type, a binary one in its headers; both are signed as sent", () => {
    const structured = inFormat("cloudevents");
    const binary = inFormat("cloudevents-binary");
    expect(structured.headers["content-type"]).toBe("application/cloudevents+json");
    expect(binary.headers).toMatchObject({
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": "dlv_1",
    });
    for (const { body, headers } of [structured, binary]) {
      expect(() => verifyWebhook({ secret: SECRET, body, headers, now: NOW })).not.toThrow();
    }
  });

  test("an event without alerts, or of a channel with any name, is valid too", () => {
    const digest = aNotification({ alerts: [], reason: "digest", channel: "опс €" });
    for (const format of ["cloudevents", "cloudevents-binary"]) expect(asEvent(format, digest).validate()).toBe(true);
  });

  test("alertmanager: the body is what Alertmanager's webhook sends", () => {
    const over = anAlert({ id: "over", status: "resolved", endsAt: "2026-11-20T10:04:00.000Z", severity: "error" });
    const labels = { "team name": "ml", severity: "own", "1st": "x", empty: "" };
    const body = JSON.parse(inFormat("alertmanager", aNotification({ alerts: [anAlert({ labels }), over] })).body);
    expect(body).toMatchObject({
      version: "4",
      status: "firing",
      receiver: "ops",
      truncatedAlerts: 0,
      groupLabels: { rule: "deploy-failed" },
      commonLabels: { alertname: "deploy-failed", connection: "prod", resource_id: "35de3ca9" },
    });
    expect(body.commonLabels).not.toHaveProperty("severity");
    expect(body.alerts[0]).toMatchObject({
      status: "firing",
      labels: { severity: "critical", severity_: "own", team_name: "ml", _1st: "x", alert_id: "a1b2c3d4" },
      annotations: { summary: "Deployment of zcjtest-07085 failed", message: "Failed to pull image, retry later" },
      startsAt: "2026-11-20T10:00:00.000Z",
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: "https://wiki.example.com/run%28book%29?a=1&b=2",
    });
    expect(body.alerts[0].labels).not.toHaveProperty("empty");
    expect(body.alerts[1]).toMatchObject({ status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" });
    expect(body.alerts[0].fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(body.alerts[0].fingerprint).not.toBe(body.alerts[1].fingerprint);
  });

  const OVER = { status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" } as const;
  test.each<[reason: string, what: string, alerts: Partial<NotifiedAlert>[]]>([
    ["first notification", "all is new", [{ reason: "new" }, { reason: "digest" }]],
    ["first notification", "somebody else is told", [{ reason: "escalation" }]],
    [
      "new alerts added",
      "something is new",
      [{ reason: "repeat" }, { reason: "new" }, { reason: "resolved", ...OVER }],
    ],
    ["some alerts resolved", "something is over", [{ reason: "update" }, { reason: "resolved", ...OVER }]],
    ["all alerts resolved", "all is over", [{ reason: "resolved", ...OVER }]],
    ["repeat interval elapsed", "nothing is new", [{ reason: "repeat" }]],
    ["repeat interval elapsed", "something matched again", [{ reason: "update" }, { reason: "repeat" }]],
  ])("alertmanager: the reason is %s where %s", (reason, _what, fields) => {
    const alerts = fields.map((one, at) => anAlert({ id: `a${at}`, ...one }));
    const status = alerts.every((alert) => alert.status === "resolved") ? "resolved" : "firing";
    const { body } = inFormat("alertmanager", aNotification({ status, alerts }));
    expect(JSON.parse(body)).toMatchObject({ status, notification_reason: reason });
  });

  test.each(["cloudevents", "cloudevents-binary", "alertmanager"])("%s: no body is larger than 1 MB", (format) => {
    const options = { ...spec.options, format };
    const many = crowd(2_000, "训练作业失败".repeat(100)).map((alert, at) => ({
      ...alert,
      events: alert.events.slice(at % 2),
    }));
    const all = requests({ type: "webhook", options }, aNotification({ alerts: many }));
    expect(all.length).toBeGreaterThan(1);
    for (const { body } of all) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(1_000_000);
  });
});
