// The two forms of a stack: neither holds anything of the other, and the queues of the fanned-out one are such that the
// functions can rely on them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { PlanInput } from "../../lib/aws/plan.ts";
import { failuresOf, queuesOf } from "../../lib/aws/queues.ts";
import { readConfig } from "../../scripts/bundle.ts";
import { folderWith } from "../support/cli.ts";
import { stackOf } from "./permissions.ts";
import { type Form, formOf } from "./stage.ts";

const NAMES = ["poll", "notify", "deliver"] as const;
const log = { debug() {}, info() {}, warn() {}, error() {} };
let direct: Form;
let fanned: Form;
beforeAll(async () => {
  [direct, fanned] = await Promise.all([formOf("off"), formOf("on")]);
});
const propertiesOf = (id: string) => fanned.resources["Resources"][id].Properties;
const nameOf = (name: string) => `\${self:custom.name}-${name}.fifo`;

test("direct schedules need no queue but that of failures, and no variable that names one", () => {
  expect(direct.resources).toEqual({ Resources: {} });
  expect(Object.keys(direct.environment).filter((name) => name.endsWith("_QUEUE"))).toEqual(["LOOKOUT_FAILURES_QUEUE"]);
});

test("a stack that is fanned out has one poll for all kinds, and nothing on the bus of its own", () => {
  expect(Object.keys(fanned.functions)).toEqual(["plan", ...NAMES]);
  expect(JSON.stringify(fanned.functions)).not.toContain("eventBridge");
});

test("both have the same variables otherwise", () => {
  const { LOOKOUT_POLL_QUEUE: _p, LOOKOUT_NOTIFY_QUEUE: _n, LOOKOUT_DELIVER_QUEUE: _d, ...rest } = fanned.environment;
  expect(rest).toEqual(direct.environment);
});

describe.each(NAMES)("the queue of %s", (name) => {
  const id = `${name[0]!.toUpperCase()}${name.slice(1)}`;

  test("hands on each message group by itself, and says which messages failed", () => {
    expect(propertiesOf(`${id}Queue`)).toMatchObject({
      QueueName: nameOf(name),
      FifoQueue: true,
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
    });
    expect(fanned.environment[`LOOKOUT_${name.toUpperCase()}_QUEUE`]).toBe(nameOf(name));
    expect(fanned.functions[name].events).toMatchObject([{ sqs: { functionResponseType: "ReportBatchItemFailures" } }]);
  });

  test("keeps a message from others for longer than a function may run", () => {
    const service = readFileSync(join(import.meta.dirname, "../../serverless.yml"), "utf8");
    const { timeout } = parse(service, { merge: true, logLevel: "silent" }).provider;
    const { VisibilityTimeout } = propertiesOf(`${id}Queue`);
    expect(VisibilityTimeout).toBeGreaterThan(timeout);
    // A poll that is throttled at first has its slot to itself all the same.
    if (name === "poll") expect(VisibilityTimeout).toBeGreaterThanOrEqual(2 * timeout);
  });

  test("has dead letters where the health check looks for them", () => {
    const { RedrivePolicy } = propertiesOf(`${id}Queue`);
    expect(RedrivePolicy.maxReceiveCount).toBe(name === "poll" ? 5 : 3);
    const dead = queuesOf(fanned.environment, log)!.dead.map((queue) => queue.name);
    expect(propertiesOf(`${id}DeadLetters`)).toMatchObject({ QueueName: nameOf(`${name}-dead`), FifoQueue: true });
    expect(dead).toContain(nameOf(`${name}-dead`));
  });
});

test("the queue of failed invocations is the one where the health check looks", () => {
  const service = parse(readFileSync(join(import.meta.dirname, "../../serverless.yml"), "utf8"), {
    merge: true,
    logLevel: "silent",
  });
  const { QueueName } = service.resources[1].Resources.Failures.Properties;
  expect(failuresOf(direct.environment, log)!.name).toBe(QueueName);
});

test("a run of deliver has one channel", () => {
  expect(fanned.functions["deliver"].events[0].sqs.batchSize).toBe(1);
});

/** The stack of so many projects, each with this budget, and of an endpoint. */
async function stackWith(projects: number, requestsPerSecond: number, reserved: string) {
  const names = Array.from({ length: projects }, (_, at) => `project-${at}`);
  const id = (at: number) => String(at).padStart(32, "0");
  const connections = names.map((name, at) => {
    return `${name}: { cloud: otc, region: eu-de, projectId: "${id(at)}", requestsPerSecond: ${requestsPerSecond} }`;
  });
  const sources = names.map((name) => `{ id: ${name}, kind: service-events, connection: ${name} }`);
  const endpoint = '{ kind: http, targets: [{ id: up, url: "https://example.com" }] }';
  const file = `
connections: { ${connections.join(", ")} }
sources: [${[...sources, endpoint].join(", ")}]
rules: [{ id: any, when: { level: [error] } }]
channels: { log: { type: console } }
`;
  const config = await readConfig(join(await folderWith({ "lookout.yml": file }), "lookout.yml"), {});
  return stackOf({ fanout: "on", config, place: "", name: "lookout-prod", reserved });
}

test.each([
  ["a slot for the project and one for the endpoint", 1, 20, "on", 4],
  ["eight slots for each of two projects", 2, 200, "on", 19],
  ["more slots than an account has functions", 40, 1_000, "on", 900],
  ["more slots than an account without reservations has functions", 1, 200, "off", 4],
])("polls leave room for the other functions: %s", async (_, projects, rate, reserved, most) => {
  const { functions } = await stackWith(projects, rate, reserved);
  expect(functions["poll"].events[0].sqs.maximumConcurrency).toBe(most);
  expect(functions["deliver"].events[0].sqs.maximumConcurrency).toBeUndefined();
});

test.each(["direct", "fanned out"])("a source of which nothing is read raises an alarm (%s)", async (form) => {
  const config = await readConfig(join(import.meta.dirname, "../../lookout.example.yml"), {});
  const fanout = form === "direct" ? "off" : "on";
  const { Resources } = await stackOf({ fanout, config, place: "", name: "lookout-prod" });
  expect(Resources["UnreadSourcesAlarm"].Properties).toMatchObject({
    ...{ Namespace: "Lookout", MetricName: "SourcesUnread", Threshold: 1 },
    Dimensions: [{ Name: "service", Value: "lookout-prod" }],
  });
  expect(Resources["Dashboard"].Properties.DashboardBody["Fn::Sub"]).toContain("SourcesUnread");
});

test("each beat of the plan says its own time", () => {
  const { Target } = propertiesOf("PlanSchedule");
  const scheduled = Target.Input.replace("<aws.scheduler.scheduled-time>", "2022-03-22T18:59:43Z");
  expect(PlanInput.parse(JSON.parse(scheduled))).toEqual({ time: "2022-03-22T18:59:43Z" });
});
