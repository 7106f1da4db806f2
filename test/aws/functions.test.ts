// The built functions, called with the payloads of events/: against the simulated cloud, DynamoDB Local, EventBridge as
// moto speaks it, and a receiver that verifies what it gets.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { GENERATION, type GenerationRow } from "../../lib/app/persistence/generation.ts";
import { ackLink, ackPath } from "../../lib/model/ack-link.ts";
import type { Notification } from "../../lib/model/notification.ts";
import { SOURCE_KINDS, type SourceKind, sourceKinds } from "../../lib/model/source-kinds.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import type { Simulator } from "../../lib/simulator/server.ts";
import { openDynamoStore } from "../../lib/store/dynamodb/dynamodb.ts";
import { dynamoConnection, dynamoEndpoint } from "../support/dynamodb.ts";
import { startMoto } from "../support/moto.ts";
import type { Sent } from "../support/receiver.ts";
import { isAllowed, permissionsOf, unused } from "./permissions.ts";
import { CONSOLE_TOKEN, openStage, type Stage, WEBHOOK_SECRET } from "./stage.ts";

const SERVICE = "35de3ca9-0000-4000-8000-000000000001";
const QUIET = "35de3ca9-0000-4000-8000-000000000002";

function payload(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../events/${name}.json`), "utf8"));
}

function sourceOf(kind: SourceKind, url: string): string {
  const targets = `, targets: [{ id: endpoint, url: "${url}/v1/infers/${SERVICE}/health" }]`;
  return `{ kind: ${kind}${kind === "http" ? targets : ""} }`;
}

function configOf({ url, credentials }: Simulator, receiver: string): string {
  return `
${connectionOf({ url, credentials }, "sim")}sources: [${SOURCE_KINDS.map((kind) => sourceOf(kind, url)).join(", ")}]
rules:
  - include: modelarts/services
  - include: modelarts/pools
  - include: modelarts/training
  - include: modelarts/updates
  - include: cloud-eye/core
channels:
  ops: { type: webhook, url: "${receiver}/ops", secret: "\${env:OPS_SECRET}" }
health: { heartbeat: "${receiver}/heartbeat" }
console: { token: "\${env:CONSOLE_TOKEN}" }
`;
}

/** The alerts that the receiver got, each signature verified. */
function notified(received: readonly Sent[]): Notification["alerts"] {
  const posts = received.filter(({ path }) => path === "/ops");
  return posts.flatMap(({ body, headers }) => {
    const notification = new Webhook(WEBHOOK_SECRET).verify(body, headers) as Notification;
    return notification.alerts;
  });
}

const moto = dynamoEndpoint === null ? null : await startMoto();

describe.skipIf(moto === null)("the built functions on AWS", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ aws: moto!.endpoint, dynamo: dynamoConnection }, configOf, { recorded: true });
    const { world } = stage.cloud;
    world.addService({ service_id: SERVICE, service_name: "prod-ocr" });
    world.addService({ service_id: QUIET, service_name: "prod-idle" });
    world.addPool({ id: "pool-1", name: "gpu" });
    world.addJob({ id: "job-1", name: "train" });
  }, 120_000);
  afterAll(async () => {
    await stage.close();
    moto!.stop();
  });

  const poll = (kind: string, options = {}) => stage.invoke("poll", payload(`poll-${kind}`), options);
  const fail = (id: string, message: string) =>
    stage.cloud.world.addServiceEvents(id, [{ occur_time: Date.now(), event_type: "abnormal", event_info: message }]);
  const forget = () => stage.received.splice(0);

  /** Another configuration of the same package: it decides once nothing is seen of the one before. */
  async function redeployed(name: string, config: string): Promise<{ LOOKOUT_CONFIG: string }> {
    const store = await openDynamoStore({ ...dynamoConnection, table: stage.name, clock: wallClock });
    const row = await store.get<GenerationRow>(GENERATION);
    if (row) await store.commit([{ op: "put", ...GENERATION, data: { ...row.data, left: true } }]);
    await store.close();
    return { LOOKOUT_CONFIG: await stage.write(name, config) };
  }

  test.each(SOURCE_KINDS)("poll-%s reads the events of its API and of no other", async (kind) => {
    stage.cloud.seen.splice(0);
    const { result, lines } = await poll(kind);
    expect(result).toMatchObject([{ source: kind, failing: 0, interrupted: false }]);
    expect(lines[0]).toMatchObject({ message: "opening", builtAt: expect.stringMatching(/^20\d\d-.*Z$/) });
    expect(lines.at(-1)).toMatchObject({ level: "info", message: "done", requestId: "request-1" });
    const { checks, lists } = sourceKinds[kind];
    const own = checks ? (lists ?? "inference") : kind;
    const read = stage.cloud.seen
      .map(({ route }) => route)
      .filter((route) => route === own || SOURCE_KINDS.some((other) => other === route));
    expect(new Set(read)).toEqual(new Set([own]));
  });

  test("an abnormal event rings the bus once, and the ring makes one signed delivery", async () => {
    fail(SERVICE, "Failed to pull image, retry later");
    await poll("service-events");
    const rung = await stage.rung();
    expect(rung).toMatchObject([
      {
        "detail-type": "Alert Firing",
        source: "lookout",
        detail: { alert: { rule: "service-image-pull-failed", status: "firing", resource: { name: "prod-ocr" } } },
      },
    ]);
    expect(stage.received).toEqual([]);
    const { result } = await stage.invoke("notify", rung[0]);
    expect(result).toEqual({ made: 1, tried: 1 });
    expect(notified(forget())).toMatchObject([{ rule: "service-image-pull-failed", status: "firing", count: 1 }]);
  });

  test("what was notified is not notified again: not by another poll, the same ring, the sweep or the health check", async () => {
    await poll("service-events");
    expect(await stage.rung()).toEqual([]);
    for (const name of ["notify", "sweep", "health"]) await stage.invoke(name, payload(name));
    expect(notified(forget())).toEqual([]);
  });

  test("a bus that cannot be reached fails no poll, and the sweep notifies what it did not ring for", async () => {
    fail(SERVICE, "The service is stopped because the quota has been exceeded.");
    const { result, lines } = await poll("service-events", {
      env: { AWS_ENDPOINT_URL_EVENTBRIDGE: "http://127.0.0.1:1" },
    });
    expect(result).toMatchObject([{ found: 1, failing: 0 }]);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: "alerts not put on the event bus" }),
    );
    expect(stage.received).toEqual([]);
    const later = await stage.invoke("sweep", payload("sweep"), { ahead: 60_000 });
    expect(later.result).toMatchObject({ made: 1, tried: 1 });
    expect(notified(forget())).toMatchObject([{ rule: "service-stopped-by-quota" }]);
  });

  test("a poll that nears its deadline stops by itself, has failed if it read nothing, and the next goes on", async () => {
    fail(SERVICE, "Failed to start service: out of memory");
    stage.cloud.setFaults([{ kind: "slow", ms: 30_000, on: "service-events" }]);
    const { result, lines } = await poll("service-events", { remaining: 12_000 });
    expect(result).toBeUndefined();
    expect(lines.slice(-2)).toMatchObject([
      { level: "info", message: "polled", result: [{ found: 0, failing: 0, unreached: 2, interrupted: true }] },
      { level: "error", message: expect.stringMatching(/none of its 2 targets was read/), error: "PollFailed" },
    ]);
    stage.cloud.setFaults([]);
    expect((await poll("service-events")).result).toMatchObject([{ found: 1, failing: 0, interrupted: false }]);
  });

  test("the health check sends the heartbeat where all is well", async () => {
    forget();
    const { result } = await stage.invoke("health", payload("health"));
    expect(result).toMatchObject({ problems: [] });
    expect(stage.received).toContainEqual(expect.objectContaining({ method: "GET", path: "/heartbeat" }));
  });

  describe("the console", () => {
    const asked = payload("console") as Record<string, unknown> & { requestContext: object };
    const ask = async (path: string, more: { method?: string; headers?: object; form?: string; iam?: true } = {}) => {
      const { method = more.form === undefined ? "GET" : "POST", headers, form, iam } = more;
      const { lines, result } = await stage.invoke("console", {
        ...asked,
        rawPath: path,
        rawQueryString: "",
        headers: headers ?? (asked["headers"] as object),
        requestContext: {
          ...asked.requestContext,
          ...(iam ? { authorizer: { iam: { userId: "ada" } } } : {}),
          http: { method, path },
        },
        ...(form === undefined ? {} : { body: Buffer.from(form).toString("base64"), isBase64Encoded: true }),
      });
      expect(lines.at(-1)).toMatchObject({ message: "done", result: { status: result.statusCode } });
      const body = result.isBase64Encoded ? Buffer.from(result.body, "base64").toString() : result.body;
      return { status: result.statusCode, headers: result.headers, body: String(body) };
    };
    const nobody = { host: "abcdefghij.lambda-url.eu-central-1.on.aws" };

    test("answers the payload of events/ with what is open, and a browser with pages and their style", async () => {
      const { result } = await stage.invoke("console", asked);
      expect([result.statusCode, JSON.parse(result.body)]).toEqual([200, expect.objectContaining({ page: 1 })]);
      expect((await ask("/")).body).toContain("prod-ocr");
      expect(await ask("/assets/style.css")).toMatchObject({ status: 200, body: expect.stringContaining(":root") });
      expect((await ask("/metrics")).body).toContain("lookout_healthy");
      // Nothing can be pushed from there: a browser does not ask again.
      expect((await ask("/api/stream")).status).toBe(204);
    });

    test("asks for the token, unless AWS has checked who asks", async () => {
      expect((await ask("/api/alerts", { headers: nobody })).status).toBe(401);
      expect((await ask("/api/alerts", { headers: nobody, iam: true })).status).toBe(200);
      const other = { ...nobody, origin: "https://evil.example" };
      expect((await ask("/login", { headers: other, form: "token=x" })).status).toBe(403);
    });

    test("acknowledges by the link of a message, once, and without a login", async () => {
      const [alert] = JSON.parse((await ask("/api/alerts")).body).alerts;
      const path = ackPath(ackLink(CONSOLE_TOKEN, alert.id, Date.now()));
      const form = { headers: { ...nobody, "content-type": "application/x-www-form-urlencoded" }, form: "by=ada" };
      expect((await ask(path, { headers: nobody })).body).toContain("I take care of it");
      expect((await ask(path, form)).body).toContain("ada takes care of it");
      expect((await ask(path, form)).status).toBe(409);
      expect(JSON.parse((await ask(`/api/alerts/${alert.id}`)).body).alert.acknowledgedBy).toBe("ada");
    });

    test("answers nobody without a token that it could ask for", async () => {
      const config = configOf(stage.cloud, "http://127.0.0.1:1").replace(/^console:.*$/m, "");
      const env = await redeployed("no-token", config);
      const { result } = await stage.invoke("console", asked, { env });
      expect([result.statusCode, result.body]).toEqual([403, expect.stringContaining("set console.token")]);
    });
  });

  test("a source is polled no more often than its `every`", async () => {
    const config = configOf(stage.cloud, "http://127.0.0.1:1").replace(
      "{ kind: pool-events }",
      "{ kind: pool-events, every: 5m }",
    );
    const env = await redeployed("five-minutes", config);
    expect((await poll("pool-events", { env })).result).toEqual([]);
  });

  test("input that no schedule sends is refused, logged, and shows no secret", async () => {
    const { result, lines, stderr } = await stage.invoke("poll", { kind: "services" });
    expect(result).toBeUndefined();
    expect(lines).toContainEqual(
      expect.objectContaining({ level: "error", requestId: "request-1", error: "ZodError" }),
    );
    expect(stderr).not.toContain(stage.cloud.credentials.secretKey);
  });

  test("each function did only what its role allows, and what a role allows beyond that has a reason", async () => {
    const { name, recorder } = stage;
    const config = JSON.parse(readFileSync(stage.env["LOOKOUT_CONFIG"]!, "utf8"));
    const { region } = dynamoConnection;
    const permissions = await permissionsOf({ fanout: "off", config, place: "", name, region });
    const calls = recorder!.calls().filter((call) => call.function !== "poll-services");
    expect(new Set(calls.map((call) => call.function)).size).toBe(SOURCE_KINDS.length + 4);
    expect(calls.filter((call) => !isAllowed(call, permissions))).toEqual([]);
    expect(unused(calls, permissions)).toEqual([]);
  });
});
