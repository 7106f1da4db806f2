// The API: the shapes of the commands' --json, filters, pages, and what a person on call does.
import { Agent, request } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { openAlerts } from "../../lib/app/queries/lists.ts";
import { T0 } from "../app/support.ts";
import { type ConsoleBench, consoleBench } from "./bench.ts";
import { served } from "./served.ts";

const YAML = `
rules:
  - { id: down, when: { level: [error] }, severity: critical, resolve: { when: { source: [service-events], level: [normal] } } }
timeIntervals: { never: [{ years: [1999] }] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

async function withAlerts(services = ["svc-1", "svc-2"]): Promise<ConsoleBench> {
  const made = await consoleBench({ yaml: YAML, services });
  for (const service of services) made.fail(1, `lost ${service}`, service);
  await made.beats(2);
  return made;
}

describe("what it shows", () => {
  test("open alerts, as the command's --json has them", async () => {
    const made = await withAlerts();
    const { status, json } = await made.ask("/api/alerts");
    expect([status, json.total, json.page]).toEqual([200, 2, 1]);
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    expect(json.alerts.toSorted(byId)).toEqual((await openAlerts(made.app)).toSorted(byId));
  });

  test.each([
    ["severity=critical", 2],
    ["severity=info", 0],
    ["rule=down", 2],
    ["rule=up", 0],
    ["resource=svc-1", 1],
    ["q=SVC-2", 1],
    ["since=30s", 0],
    ["since=1h", 2],
    ["page=2", 0],
    ["severity=info,critical", 2],
    ["channel=ops", 2],
    ["channel=chat", 0],
    ["status=resolved", 0],
    ["status=firing", 2],
    ["page=", 2],
    ["severity=&status=&page=1", 2],
  ])("%s", async (query, found) => {
    const made = await withAlerts();
    expect((await made.ask(`/api/alerts?${query}`)).json.alerts).toHaveLength(found);
  });

  test.each([
    ["events?rule=down", 2],
    ["events?rule=up", 0],
    ["events?severity=error,warning", 2],
    ["events?source=service-events", 2],
    ["events?source=pool-events", 0],
    ["deliveries?rule=down", 1],
    ["deliveries?rule=up", 0],
    ["deliveries?severity=info", 0],
    ["deliveries?resource=svc-2", 1],
    ["deliveries?resource=svc-3", 0],
    ["deliveries?since=1h", 1],
    ["deliveries?since=1s", 0],
    ["deliveries?status=dead,delivered", 1],
    ["deliveries?status=pending&rule=up", 0],
    ["ended?rule=down", 2],
    ["ended?rule=up", 0],
    ["ended?resource=svc-1", 1],
  ])("%s: a filter means what it means in a command", async (query, found) => {
    const made = await withAlerts();
    if (query.startsWith("ended")) {
      for (const service of ["svc-1", "svc-2"]) made.recover(3, service);
      await made.beats(9);
    } else made.to(3);
    const { json } = await made.ask(`/api/${query}`);
    expect(json.alerts ?? json.events ?? json.deliveries).toHaveLength(found);
  });

  test("alerts that were resolved, by their status, in pages as /api/ended has them", async () => {
    const made = await withAlerts();
    made.recover(3, "svc-1");
    await made.beats(9);
    const resolved = (await made.ask("/api/alerts?status=resolved")).json;
    expect(resolved.alerts).toMatchObject([{ status: "resolved", resource: { id: "svc-1" } }]);
    expect(resolved).toEqual((await made.ask("/api/ended")).json);
    expect((await made.ask("/api/ended?status=resolved")).json).toEqual(resolved);
    expect((await made.ask("/api/alerts?status=resolved&resource=svc-2")).json).toEqual({ alerts: [], next: null });
    expect((await made.ask("/api/alerts?status=firing")).json).toMatchObject({ total: 1 });
  });

  test.each([
    ["alerts?severity=bad", "severity bad: expected critical, error, warning, info"],
    ["alerts?severity=critical,bad", "severity bad: expected"],
    ["alerts?status=open", "status open: expected firing, resolved"],
    ["alerts?status=firing,resolved", "status firing,resolved: expected one of them"],
    ["ended?status=firing", "status firing: expected resolved"],
    ["events?severity=info", "severity info: expected normal, warning, error, critical"],
    ["events?channel=ops", "channel: expected none here"],
    ["events?status=firing", "status: expected none here"],
    ["deliveries?status=sent", "status sent: expected pending, delivered, dead"],
  ])("a word that no list knows is refused with those that it does: %s", async (query, said) => {
    const made = await consoleBench({ yaml: YAML });
    const { status, json } = await made.ask(`/api/${query}`);
    expect([status, json.error]).toEqual([400, expect.stringContaining(said)]);
  });

  test.each(["page=0", "page=x", "since=soon", "since=99999999999999w", "page=1e99"])(
    "a filter that is none: %s",
    async (query) => {
      const made = await withAlerts();
      const { status, json } = await made.ask(`/api/alerts?${query}`);
      expect(status).toBe(400);
      expect(json.error).toMatch(/expected/);
    },
  );

  test("one alert's story: its events, and who was notified when", async () => {
    const made = await withAlerts(["svc-1"]);
    const [alert] = (await made.ask("/api/alerts")).json.alerts;
    const { json } = await made.ask(`/api/alerts/${alert.id.slice(0, 8)}`);
    expect(json).toMatchObject({
      alert: { id: alert.id },
      routes: [{ notified: true }],
      deliveries: [{ status: "delivered" }],
    });
  });

  test("events by resource and text, deliveries by status, and the state of everything", async () => {
    const made = await withAlerts();
    expect((await made.ask("/api/events?q=lost")).json.events).toHaveLength(2);
    expect((await made.ask("/api/events?resource=svc-1")).json.events).toHaveLength(1);
    expect((await made.ask("/api/deliveries?status=delivered")).json.deliveries[0]).toMatchObject({ channel: "ops" });
    expect((await made.ask("/api/deliveries?status=dead")).json.deliveries).toEqual([]);
    expect((await made.ask("/api/status")).json).toMatchObject({ healthy: true });
  });

  test("events of a target whose id holds spaces, page by page", async () => {
    const made = await consoleBench({ yaml: YAML, services: ["svc 1 2"] });
    for (let number = 0; number < 60; number++) made.fail(1, `lost ${number}`, "svc 1 2");
    await made.beats(2);
    const first = (await made.ask("/api/events")).json;
    const second = (await made.ask(`/api/events?before=${encodeURIComponent(first.next)}`)).json;
    const seen = [...first.events, ...second.events].map(({ id }) => id);
    expect([new Set(seen).size, second.next]).toEqual([60, null]);
  });

  test("what is not there is said in words", async () => {
    const made = await withAlerts();
    expect(await made.ask("/api/alerts/ffff")).toMatchObject({ status: 404, json: { error: /no alert/ as never } });
    expect(await made.ask("/api/nothing")).toMatchObject({ status: 404 });
  });
});

describe("what a person does", () => {
  test("acknowledges and gives back", async () => {
    const made = await withAlerts(["svc-1"]);
    const [{ id }] = (await made.ask("/api/alerts")).json.alerts;
    const taken = await made.ask(`/api/alerts/${id}/ack`, { method: "POST", body: { by: "ada" } });
    expect(taken.json).toMatchObject({ id, acknowledgedBy: "ada" });
    expect((await made.ask("/api/alerts")).json.alerts[0].acknowledgedBy).toBe("ada");
    await made.ask(`/api/alerts/${id}/ack`, { method: "POST", body: { by: null } });
    expect((await openAlerts(made.app))[0]!.acknowledgedBy).toBeNull();
  });

  test("silences, with a preview, and ends the silence", async () => {
    const made = await withAlerts();
    const match = { "resource.id": ["svc-1"] };
    const seen = await made.ask("/api/silences/preview", { method: "POST", body: { match } });
    expect(seen.json.alerts.map(({ resource }: { resource: { id: string } }) => resource.id)).toEqual(["svc-1"]);
    const never = { method: "POST", body: { match, during: ["never"] } };
    expect((await made.ask("/api/silences/preview", never)).json).toMatchObject({ alerts: [], deliveries: 0 });
    const added = await made.ask("/api/silences", { method: "POST", body: { match, duration: "2h", by: "ada" } });
    expect(added.status).toBe(201);
    const held = (await made.ask("/api/alerts?resource=svc-1")).json.alerts[0];
    expect(held.suppressedBy).toHaveLength(1);
    const ended = await made.ask(`/api/silences/${added.json.id}`, { method: "DELETE" });
    expect(ended.json.state).toBe("expired");
    expect((await made.ask("/api/silences")).json).toHaveLength(1);
  });

  const refused: [what: string, path: string, body: unknown, said: RegExp][] = [
    ["an acknowledgement without a name", "/api/alerts/a/ack", { by: " " }, /say who you are/],
    ["an acknowledgement that says more", "/api/alerts/a/ack", { by: "ada", admin: true }, /admin/],
    ["a silence of nothing", "/api/silences", { duration: "2h", by: "ada" }, /what to silence/],
    [
      "a silence of a pattern that is none",
      "/api/silences",
      { match: { rule: "x" }, duration: "2h", by: "a" },
      /match/,
    ],
    [
      "a silence over a field that no alert has",
      "/api/silences",
      { match: { rul: ["x"] }, duration: "1h", by: "ada" },
      /no alert has a field "rul"; did you mean "rule"/,
    ],
    [
      "a preview of a severity that there is not",
      "/api/silences/preview",
      { match: { severity: ["eror"] } },
      /no alert has the severity "eror"; did you mean "error"/,
    ],
    ["a silence for no time", "/api/silences", { match: { rule: ["x"] }, by: "ada" }, /for how long/],
    ["a silence for soon", "/api/silences", { match: { rule: ["x"] }, duration: "soon", by: "ada" }, /duration/],
    [
      "a silence beyond any calendar",
      "/api/silences",
      { match: { rule: ["x"] }, duration: "100000000d", by: "ada" },
      /duration/,
    ],
    [
      "a silence of the past",
      "/api/silences",
      { match: { rule: ["x"] }, until: "2020-01-01T00:00:00Z", by: "a" },
      /over/,
    ],
    [
      "a silence that ends in a year that no calendar has",
      "/api/silences",
      { match: { rule: ["x"] }, from: "9999-12-31T00:00:00Z", duration: "7d", by: "a" },
      /9999/,
    ],
    ["a preview in unknown hours", "/api/silences/preview", { match: { rule: ["x"] }, during: ["n"] }, /"n"/],
    [
      "a silence in hours with a name of every object",
      "/api/silences",
      { match: { rule: ["x"] }, duration: "1h", during: ["constructor"], by: "a" },
      /"constructor"/,
    ],
    [
      "a silence in unknown hours",
      "/api/silences",
      { match: { rule: ["x"] }, duration: "1h", during: ["n"], by: "a" },
      /"n"/,
    ],
  ];
  test.each(refused)("%s is refused, in words", async (_, path, body, said) => {
    const made = await withAlerts(["svc-1"]);
    const { status, json } = await made.ask(path, { method: "POST", body });
    expect(status).toBe(400);
    expect(json.error).toMatch(said);
  });

  test.each(["/api/nothing", "/api/alerts/", "/api/constructor"])(
    "%s is refused as all of the API is",
    async (path) => {
      const made = await consoleBench({ yaml: YAML });
      expect(await made.ask(path)).toMatchObject({ status: 404, json: { error: "there is nothing here" } });
    },
  );

  test("sends a dead delivery again, under the same id, and a test", async () => {
    const made = await consoleBench({ yaml: YAML });
    made.answer(() => ({ status: 400 }));
    made.fail(1);
    await made.beats(2);
    const [dead] = (await made.ask("/api/deliveries?status=dead")).json.deliveries;
    made.answer(() => ({ status: 200 }));
    const again = await made.ask(`/api/deliveries/${dead.id}/redeliver`, { method: "POST" });
    expect(again.json).toMatchObject({ id: dead.id, status: "pending" });
    await made.beats(3);
    expect(
      (await made.ask(`/api/deliveries?status=delivered`)).json.deliveries.map(({ id }: { id: string }) => id),
    ).toContain(dead.id);
    const sent = await made.ask("/api/channels/ops/test", { method: "POST" });
    expect(sent.json).toMatchObject([{ channel: "ops", status: "delivered" }]);
  });
});

test("metrics say how far everything is read, what is open, and what was sent", async () => {
  const made = await withAlerts();
  const { text, headers } = await made.ask("/metrics");
  expect(headers.get("content-type")).toMatch(/^application\/openmetrics-text/);
  for (const line of [
    'lookout_alerts_open{severity="critical"} 2',
    'lookout_events_total{source="service-events",level="error"} 2',
    'lookout_notifications_total{channel="ops",outcome="delivered"}',
    'lookout_source_lag_seconds{source="service-events"} 0',
    'lookout_source_overdue_seconds{source="service-events"} 0',
    'lookout_delivery_oldest_seconds{channel="ops"} 0',
    'lookout_api_requests_total{connection="prod",api="modelarts",status="ok"}',
    "# EOF",
  ]) {
    expect(text).toContain(line);
  }
});

test("metrics say for how long more of a source should have been read, by how often it is", async () => {
  const overdue = async (every: string) => {
    const made = await consoleBench({
      yaml: `${YAML}sources: [{ kind: service-events, targets: [svc-1], every: ${every} }]`,
    });
    await made.beats(1);
    made.to(41);
    const { text } = await made.ask("/metrics");
    const of = (what: string) => Number(new RegExp(`^lookout_source_${what}_seconds{.*} (.*)$`, "m").exec(text)?.[1]);
    return [of("lag"), of("overdue")];
  };
  expect(await overdue("1m")).toEqual([2_400, 2_340]);
  expect(await overdue("1h")).toEqual([2_400, 0]);
});

test("it is alive whatever happens, and ready while it is healthy", async () => {
  const made = await withAlerts();
  expect((await made.ask("/healthz")).status).toBe(200);
  expect((await made.ask("/readyz")).status).toBe(200);
  made.to(60);
  expect((await made.ask("/readyz")).status).toBe(503);
  expect((await made.ask("/healthz")).status).toBe(200);
  expect(made.app.clock.now()).toBeGreaterThan(T0);
});

test("a stream that cannot be read on says so to its reader, and prints nothing by itself", async () => {
  const broken = async () => Promise.reject(new Error("the store is not there"));
  const made = await consoleBench(
    { yaml: YAML },
    { alerts: { read: broken, readAnew: broken, changed: broken, touch() {} } },
  );
  const warned: unknown[] = [];
  made.app.log.warn = (...line) => warned.push(line);
  const { text } = await made.ask("/api/stream");
  expect(text).toMatch(/^event: error\ndata: the store is not there$/m);
  expect(warned).toEqual([[expect.stringContaining("stream"), { error: "the store is not there" }]]);
});

test("as many pages as there are places for may come and go, and who only asks for the stream's head takes none", async () => {
  const made = await served({ yaml: YAML });
  const agent = new Agent({ maxSockets: 100 });
  onTestFinished(() => agent.destroy());
  const open = (method: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const asked = request(`${made.url}/api/stream`, { method, agent }, (answer) => {
      resolve(answer.statusCode!);
      answer.destroy();
    });
    asked.on("error", reject).end();
    return promise;
  };
  for (const method of ["HEAD", "GET"]) {
    const many = await Promise.all(Array.from({ length: 1_100 }, () => open(method)));
    expect([method, new Set(many)]).toEqual([method, new Set([200])]);
  }
});
