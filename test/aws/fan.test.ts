// The fanned-out form: the built functions, called by their queues as Lambda calls them, against the simulated cloud,
// DynamoDB Local, SQS as moto speaks it, and a receiver.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CreateEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateEmailIdentityCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { dynamoConnection, dynamoEndpoint } from "../support/dynamodb.ts";
import { startMoto } from "../support/moto.ts";
import { type FanStage, openFanStage } from "./fan-stage.ts";
import { isAllowed, permissionsOf, unused } from "./permissions.ts";
import { type ConfigOf, WEBHOOK_SECRET } from "./stage.ts";

const moto = dynamoEndpoint === null ? null : await startMoto();
const WAIT = { timeout: 30_000, interval: 200 };

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:oncall";
const configOf =
  (rule: string): ConfigOf =>
  (cloud, receiver) =>
    `
${connectionOf(cloud)}sources: [{ kind: service-events }, { kind: pool-events }]
rules:
  - { id: ${rule}, when: { level: [error] }, severity: error, by: [id] }
  - { id: pool, when: { source: [pool-events] }, by: [id] }
route:
  channels: [ops, chat]
  groupBy: [id]
  routes: [{ match: { rule: [pool] }, channels: [topic, bus, mail] }]
channels:
  ops: { type: webhook, url: "${receiver}/ops", secret: "\${ssm:/lookout/ops}" }
  chat: { type: webhook, url: "${receiver}/chat", fallback: spare, secret: "\${secretsmanager:lookout/chat#key}" }
  spare: { type: webhook, url: "${receiver}/spare" }
  topic: { type: sns, topicArn: "${TOPIC}" }
  bus: { type: eventbridge, bus: ops }
  mail: { type: ses, from: lookout@example.com, to: [oncall@example.com] }
health: { channels: [ops] }
`;

describe.skipIf(moto === null)("a stack that is fanned out", () => {
  let stage: FanStage;
  /** The newest one, once there are several. */
  let release: Record<string, string>;
  const aws = { ...dynamoConnection, endpoint: moto?.endpoint ?? "" };
  const ssm = new SSMClient(aws);
  beforeAll(async () => {
    await prepare(aws);
    stage = await openFanStage({ aws: moto!.endpoint, dynamo: dynamoConnection }, configOf("broken"), {
      recorded: true,
    });
    for (const id of ["svc-1", "svc-2"]) stage.cloud.world.addService({ service_id: id, service_name: id });
    stage.cloud.world.addPool({ id: "pool-1", name: "gpu" });
    await stage.call("plan");
    await stage.settle();
  }, 120_000);
  beforeEach(() => {
    stage.received.splice(0);
    stage.lines.splice(0);
    stage.cloud.seen.splice(0);
    stage.answer = () => undefined;
  });
  afterAll(async () => {
    ssm.destroy();
    await stage?.close();
    moto!.stop();
  });

  const fail = (what: string) =>
    stage.cloud.world.addServiceEvents("svc-1", [
      { occur_time: Date.now(), event_type: "abnormal", event_info: `Failed: ${what}` },
    ]);
  const poll = (at = Date.now(), source = "service-events") =>
    stage.put("poll", { group: "prod/0", body: { source, shard: { index: 0, of: 1 }, at } });
  const paths = () => stage.received.map(({ path }) => path).sort();
  const logged = (message: string) => stage.lines.filter((line) => line.message === message);

  test("reads what was planned, decides and sends, each by a queue of its own", async () => {
    fail("whole path");
    await poll();
    expect(await stage.handle("poll")).toEqual({ messages: 1, failed: 0 });
    expect([await stage.count("notify"), paths()]).toEqual([1, []]);
    expect(await stage.handle("notify")).toEqual({ messages: 1, failed: 0 });
    expect([await stage.count("deliver"), paths()]).toEqual([2, []]);
    await stage.settle();
    expect(paths()).toEqual(["/chat", "/ops"]);
  });

  test("a second plan of the same minute puts nothing more", async () => {
    const [first, second] = [await stage.call("plan"), await stage.call("plan")];
    expect([first, second]).toEqual([{ planned: 2 }, { planned: 2 }]);
    expect(await stage.count("poll")).toBeLessThanOrEqual(2);
    await stage.settle();
  });

  test("a message that comes twice polls once", async () => {
    const at = Date.now();
    await poll(at);
    await poll(at);
    expect(await stage.handle("poll")).toEqual({ messages: 2, failed: 0 });
    await stage.settle();
    await poll(at);
    stage.cloud.seen.splice(0);
    await stage.settle();
    expect(stage.cloud.seen).toEqual([]);
    expect(logged("batch").at(-1)).toMatchObject({ results: [{ skipped: "it was polled meanwhile" }] });
  });

  test("messages that are older than their beat are dropped, counted, and ask the cloud nothing", async () => {
    await poll(Date.now() - 61_000);
    await poll(Date.now() - 90_000, "pool-events");
    expect(await stage.handle("poll")).toEqual({ messages: 2, failed: 0 });
    expect(stage.cloud.seen).toEqual([]);
    expect(logged("old messages dropped")).toMatchObject([{ level: "warn", messages: 2 }]);
  });

  test("one failing message among ten fails no other, and health reports it once it is dead", async () => {
    fail("among ten");
    for (let at = 0; at < 9; at++) await poll(Date.now() + at, at % 2 ? "pool-events" : "service-events");
    await stage.put("poll", { group: "prod/9", body: "no JSON" });
    expect(await stage.handle("poll")).toEqual({ messages: 10, failed: 1 });
    expect(logged("message not handled")).toMatchObject([{ level: "error", body: "no JSON" }]);
    await stage.settle();
    expect(paths()).toEqual(["/chat", "/ops"]);
    await expect.poll(() => stage.handle("poll").then(() => stage.count("poll-dead")), WAIT).toBe(1);
    stage.received.splice(0);
    const { problems } = await stage.call("health");
    expect(problems).toMatchObject([{ problem: "dead letters", name: `${stage.name}-poll-dead.fifo` }]);
    expect(problems[0].message).toMatch(/^A message could not be handled after several tries .* group prod\/9/);
    expect(logged("dead letter")).toMatchObject([{ level: "error", body: "no JSON", messageGroup: "prod/9" }]);
    expect(await stage.count("poll-dead")).toBe(0);
    await stage.settle();
    expect(stage.received.map(({ path, body }) => [path, JSON.parse(body).group])).toMatchObject([["/ops", {}]]);
    expect((await stage.call("health")).problems).toEqual([]);
  });

  test("a channel that does not answer delays no other", async () => {
    const released = Promise.withResolvers<{ status: number }>();
    stage.answer = ({ path }) => (path === "/chat" ? released.promise : undefined);
    fail("a channel hangs");
    await poll();
    await stage.handle("poll");
    await stage.handle("notify");
    const turns = [stage.handle("deliver"), stage.handle("deliver")];
    expect(await Promise.race(turns)).toEqual({ messages: 1, failed: 0 });
    await expect.poll(paths, WAIT).toEqual(["/chat", "/ops"]);
    released.resolve({ status: 204 });
    await Promise.all(turns);
    expect(logged("delivered").map(({ channel }) => channel)).toEqual(["ops", "chat"]);
  });

  test("what goes to a fallback rings its channel", async () => {
    stage.answer = ({ path }) => (path === "/chat" ? { status: 400 } : undefined);
    fail("refused");
    await poll();
    await stage.settle();
    expect(paths()).toEqual(["/chat", "/ops", "/spare"]);
    const turns = logged("batch").filter(({ function: name }) => name === "deliver");
    expect(turns.map(({ results }) => (results as [{ channel: string }])[0].channel).sort()).toEqual([
      "chat",
      "ops",
      "spare",
    ]);
  });

  test("a lost ring is found by the sweep, which rings the channels and sends nothing itself", async () => {
    fail("a ring is lost");
    await poll();
    await stage.handle("poll");
    await stage.lose("notify");
    expect(await stage.call("sweep", {}, { ahead: 60_000 })).toMatchObject({ made: 2, rung: 2 });
    expect(paths()).toEqual([]);
    await stage.settle({ ahead: 60_000 });
    expect(paths()).toEqual(["/chat", "/ops"]);
    expect(await stage.call("sweep")).toMatchObject({ made: 0, rung: 0 });
  });

  test.each(["poll", "notify", "deliver"])("%s takes the batch of events/", async (name) => {
    const file = join(import.meta.dirname, `../../events/${name}-batch.json`);
    expect(await stage.call(name, JSON.parse(readFileSync(file, "utf8")))).toEqual({ batchItemFailures: [] });
  });

  test("a source that is not in the configuration any more is passed over", async () => {
    await poll(Date.now(), "removed");
    expect(await stage.handle("poll")).toEqual({ messages: 1, failed: 0 });
  });

  describe("where another configuration decides", () => {
    /** A release whose configuration is a parameter, which now has this rule. */
    async function releaseOf(rule: string) {
      const Name = `/${stage.name}`;
      const Value = stage.textOf(configOf(rule));
      await ssm.send(new PutParameterCommand({ Name, Value, Type: "String", Overwrite: true }));
      return { LOOKOUT_CONFIG: `ssm:${Name}` };
    }

    test("an older package leaves its polls to the newer one's, and nothing is missed", async () => {
      const newer = { release: await releaseOf("newer") };
      await stage.call("sweep", {}, newer);
      fail("while two packages run");
      await poll();
      // It counts as handled, and nobody has done it.
      expect(await stage.handle("poll")).toEqual({ messages: 1, failed: 0 });
      expect(logged("done").at(-1)).toMatchObject({ function: "poll", result: { superseded: true } });
      await stage.settle(newer);
      expect(paths()).toEqual([]);
      await poll();
      await stage.settle(newer);
      expect(paths()).toEqual(["/chat", "/ops"]);
    });

    test("a container whose configuration was replaced at its place polls under the newer one, at once", async () => {
      const running = { release: await releaseOf("running") };
      await poll();
      await stage.settle(running);
      // Another container starts after the change; this one has asked for its configuration within the minute.
      release = await releaseOf("replaced");
      await stage.call("sweep", {}, { release });
      fail("the configuration is replaced");
      await poll();
      expect(await stage.handle("poll", running)).toEqual({ messages: 1, failed: 0 });
      expect(logged("done").at(-1)).toMatchObject({ result: { batchItemFailures: [] } });
      await stage.settle(running);
      expect(stage.received.map(({ body }) => JSON.parse(body).alerts[0].rule)).toEqual(["replaced", "replaced"]);
    });
  });

  test("the services of AWS that channels name are sent to", async () => {
    stage.cloud.world.addPoolEvent("pool-1", {
      type: "Warning",
      reason: "NodeDown",
      message: "down",
      time: Date.now(),
    });
    await poll(Date.now(), "pool-events");
    await stage.settle({ release });
    expect(
      logged("delivered")
        .map(({ channel }) => channel)
        .sort(),
    ).toEqual(["bus", "mail", "topic"]);
  });

  test("each function did only what its role allows, and what a role allows beyond that has a reason", async () => {
    const { name, recorder } = stage;
    const config = JSON.parse(readFileSync(join(dirname(stage.fileOf("plan")), "lookout.json"), "utf8"));
    const { region } = dynamoConnection;
    const permissions = await permissionsOf({ fanout: "on", config, place: `ssm:/${name}`, name, region });
    const calls = recorder!.calls();
    expect(new Set(calls.map((call) => call.function)).size).toBe(6);
    expect(calls.filter((call) => !isAllowed(call, permissions))).toEqual([]);
    expect(unused(calls, permissions)).toEqual([]);
  });
});

/** What the configuration names on AWS. */
async function prepare(aws: typeof dynamoConnection): Promise<void> {
  const ssm = new SSMClient(aws);
  const secrets = new SecretsManagerClient(aws);
  const sns = new SNSClient(aws);
  const bus = new EventBridgeClient(aws);
  const mail = new SESv2Client(aws);
  const Value = WEBHOOK_SECRET;
  await Promise.all([
    ssm.send(new PutParameterCommand({ Name: "/lookout/ops", Value, Type: "SecureString" })),
    secrets.send(new CreateSecretCommand({ Name: "lookout/chat", SecretString: JSON.stringify({ key: Value }) })),
    sns.send(new CreateTopicCommand({ Name: "oncall" })),
    bus.send(new CreateEventBusCommand({ Name: "ops" })),
    mail.send(new CreateEmailIdentityCommand({ EmailIdentity: "lookout@example.com" })),
  ]);
  for (const client of [ssm, secrets, sns, bus, mail]) client.destroy();
}
