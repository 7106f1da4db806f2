// The two forms of a stack: neither holds anything of the other, and the queues of the fanned-out one are such that the
// functions can rely on them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { PlanInput } from "../../lib/aws/plan.ts";
import { failuresOf, queuesOf } from "../../lib/aws/queues.ts";
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
    expect(propertiesOf(`${id}Queue`).VisibilityTimeout).toBeGreaterThan(timeout);
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

test("each beat of the plan says its own time", () => {
  const { Target } = propertiesOf("PlanSchedule");
  const scheduled = Target.Input.replace("<aws.scheduler.scheduled-time>", "2022-03-22T18:59:43Z");
  expect(PlanInput.parse(JSON.parse(scheduled))).toEqual({ time: "2022-03-22T18:59:43Z" });
});
