// The Alertmanager channel: every peer gets the alerts, one is enough; and a real Alertmanager where there is one.
import { describe, expect, onTestFinished, test } from "vitest";
import type { PrometheusAlert } from "../../../lib/channels/message/prometheus.ts";
import { startAlertmanager } from "../../support/alertmanager.ts";
import { type Scripted, type ScriptedServer, startScripted } from "../../support/scripted-http.ts";
import { requests } from "../contract.ts";
import { aNotification, anAlert, NOW } from "../samples.ts";
import { sendingChannel, sendingContract, sent } from "../sending-contract.ts";

const ACCEPTED = { status: 200 };
const RESOLVED = { status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" } as const;

sendingContract<Scripted>({
  type: "alertmanager",
  start: async () => {
    const server = await startScripted(ACCEPTED);
    return {
      get fault() {
        return server.answer as Scripted;
      },
      set fault(fault: Scripted | undefined) {
        server.answer = fault ?? ACCEPTED;
      },
      messages: () => server.received.map(({ body }) => body),
      sizes: () => server.received.map(({ body }) => Buffer.byteLength(body)),
      options: { url: `${server.url}/am-7f6e5d4c3b2a1908`, headers: { "X-Key": "k3y-0a1b2c3d4e5f6a7b" } },
      asked: () => server.asked(),
      reset: () => server.received.splice(0),
      close: () => server.close(),
    };
  },
  secrets: ["7f6e5d4c3b2a1908", "k3y-0a1b2c3d4e5f6a7b"],
  limit: 1_500_000,
  refusals: [
    ["alerts refused", { status: 400, body: '"start time must be before end time"' }, "permanent", /start time/],
    ["no authorization", { status: 401 }, "permanent", /"headers"/],
    ["a wrong address", { status: 404, body: "k3y-0a1b2c3d4e5f6a7b" }, "permanent", /"url".*before \/api\/v2\/alerts/],
    ["a proxy's page", { status: 405 }, "permanent", /"url"/],
    ["a login page", { status: 200, body: "<html>Log in</html>" }, "retry", /somebody else answered/],
    ["an Alertmanager that starts", { status: 503, headers: { "retry-after": "7" } }, "retry", /HTTP 503/],
  ],
});

/** Two peers, closed when the test ends. */
async function twoPeers(): Promise<[ScriptedServer, ScriptedServer, { url: string[] }]> {
  const [one, other] = [await startScripted(ACCEPTED), await startScripted(ACCEPTED)];
  onTestFinished(async () => {
    await Promise.all([one.close(), other.close()]);
  });
  return [one, other, { url: [one.url, `${other.url}/`] }];
}

describe("alertmanager", () => {
  test("is an incident channel that sends again well before Alertmanager would end an alert", () => {
    const { incident, resend } = sendingChannel("alertmanager");
    expect(incident).toBe(true);
    expect(resend! * 4).toBeLessThan(300_000);
  });

  test("a firing alert ends a few sendings ahead, a resolved one when it did", async () => {
    const [one, , options] = await twoPeers();
    await sent("alertmanager", options, aNotification({ alerts: [anAlert(), anAlert({ id: "over", ...RESOLVED })] }));
    const [firing, resolved] = JSON.parse(one.received[0]!.body) as PrometheusAlert[];
    expect(firing).toMatchObject({
      labels: {
        alertname: "deploy-failed",
        alert_id: "a1b2c3d4",
        severity: "critical",
        team: "ml",
        resource_id: "35de3ca9",
      },
      startsAt: "2026-11-20T10:00:00.000Z",
      endsAt: new Date(NOW + 240_000).toISOString(),
    });
    expect(resolved).toMatchObject({ labels: { alert_id: "over" }, endsAt: RESOLVED.endsAt });
  });

  test("a firing alert of a cloud whose clock is ahead ends after it began", async () => {
    const [one, , options] = await twoPeers();
    const startsAt = new Date(NOW + 300_000).toISOString();
    await sent("alertmanager", options, aNotification({ alerts: [anAlert({ startsAt }), anAlert({ startsAt: "?" })] }));
    const [ahead, broken] = JSON.parse(one.received[0]!.body) as PrometheusAlert[];
    expect(ahead).toMatchObject({ startsAt, endsAt: new Date(NOW + 540_000).toISOString() });
    expect(broken).toMatchObject({ endsAt: new Date(NOW + 240_000).toISOString() });
  });

  test("every peer gets it; one that accepts is enough, and the note says which did not", async () => {
    const [one, other, options] = await twoPeers();
    other.answer = { status: 500, body: "disk full" };
    expect(await sent("alertmanager", options, aNotification())).toEqual({
      kind: "delivered",
      note: `not accepted by ${new URL(other.url).host}: HTTP 500: disk full`,
    });
    expect([one, other].map(({ received }) => received[0]!.path)).toEqual(["/api/v2/alerts", "/api/v2/alerts"]);
  });

  test.each([
    ["all for good: for good", { status: 400 }, { status: 404 }, { kind: "permanent" }],
    ["one for now: another try", { status: 400 }, { status: 503 }, { kind: "retry" }],
    [
      "the longest wait counts",
      { status: 503, headers: { "retry-after": "7" } },
      { status: 429, headers: { "retry-after": "70" } },
      { kind: "retry", after: 70_000 },
    ],
  ] as [string, Scripted, Scripted, object][])("refused by %s", async (_name, first, second, outcome) => {
    const [one, other, options] = await twoPeers();
    [one.answer, other.answer] = [first, second];
    expect(await sent("alertmanager", options, aNotification())).toMatchObject(outcome);
  });

  test("an address that turns out to be none is for good, and is not shown", async () => {
    const outcome = await sent("alertmanager", { url: ["hush-no-address"] }, aNotification());
    expect(outcome).toMatchObject({ kind: "permanent", reason: expect.stringMatching(/http/) });
    expect(JSON.stringify(outcome)).not.toContain("hush");
  });
});

const real = await startAlertmanager();

describe.skipIf(real === null)("a real Alertmanager", () => {
  test("has the alert while it fires, under its labels, and no more once it has ended", async () => {
    const { url } = real!;
    const now = Date.now();
    const startsAt = new Date(now - 60_000).toISOString();
    const labels = { "team.name": "ml ❤", "9 lives": "x" };
    const alert = anAlert({ id: `id-${now}`, startsAt, labels, summary: "训练作业失败 😀" });
    const listed = async (): Promise<PrometheusAlert[]> => {
      const response = await fetch(`${url}/api/v2/alerts?filter=${encodeURIComponent(`alert_id="id-${now}"`)}`);
      return (await response.json()) as PrometheusAlert[];
    };
    expect(await sent("alertmanager", { url }, aNotification({ alerts: [alert] }), { now })).toEqual({
      kind: "delivered",
    });
    expect(await listed()).toMatchObject([
      {
        labels: { alertname: "deploy-failed", team_name: "ml ❤", _9_lives: "x" },
        annotations: { summary: alert.summary },
      },
    ]);
    const ended = { ...alert, status: "resolved" as const, endsAt: new Date(now - 1_000).toISOString() };
    expect(await sent("alertmanager", { url }, aNotification({ alerts: [ended] }), { now })).toEqual({
      kind: "delivered",
    });
    expect(await listed()).toEqual([]);
  });

  test("takes an alert that begins in some minutes", async () => {
    const { url } = real!;
    const now = Date.now();
    const alert = anAlert({ id: `ahead-${now}`, startsAt: new Date(now + 300_000).toISOString() });
    const notification = aNotification({ alerts: [alert] });
    expect(await sent("alertmanager", { url }, notification, { now })).toEqual({ kind: "delivered" });
  });

  test("a webhook in its format has every field that Alertmanager's own has, of the same type", async () => {
    const { url, webhook } = real!;
    const alert = anAlert({ id: `own-${Date.now()}`, startsAt: new Date(Date.now() - 60_000).toISOString() });
    const own = Promise.withResolvers<Record<string, unknown>>();
    webhook.receive = (body) => {
      if (body.includes(alert.id)) own.resolve(JSON.parse(body) as Record<string, unknown>);
    };
    await sent("alertmanager", { url }, aNotification({ alerts: [alert] }), { now: Date.now() });
    const options = { url: "https://ops.example.com", format: "alertmanager" };
    const ours = JSON.parse(requests({ type: "webhook", options }, aNotification({ alerts: [alert] }))[0]!.body);
    const theirs = await own.promise;
    // Older Alertmanagers have no reason.
    expect(shapeOf(ours)).toEqual({ ...shapeOf(theirs), notification_reason: "string" });
    const alertsOf = (body: Record<string, unknown>) => body["alerts"] as Record<string, unknown>[];
    expect(alertsOf(ours)[0]!["labels"]).toEqual(alertsOf(theirs)[0]!["labels"]);
    expect(alertsOf(ours)[0]!["endsAt"]).toMatch(/^0001-01-01/);
  });
});

/** Types by name, of the first alert and of the whole. */
function shapeOf(body: Record<string, unknown>): object {
  const types = (fields: object) =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value]));
  const [first] = body["alerts"] as object[];
  return { ...types(body), alerts: types(first!) };
}
