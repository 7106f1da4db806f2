// What the health check does with the queues of what failed for good, over SQS as moto speaks it.
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type MessageAttributeValue,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { readDeadLetters } from "../../lib/aws/dead-letters.ts";
import { createQueue } from "../../lib/aws/queue.ts";
import { bench } from "../app/support.ts";
import { startMoto } from "../support/moto.ts";

const YAML = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const moto = await startMoto();
afterAll(() => moto?.stop());

describe.skipIf(moto === null)("what failed for good", () => {
  let sqs: SQSClient;
  let lines: [string, Record<string, unknown>][];
  const note = (message: string, fields = {}) => void lines.push([message, fields]);
  const log = { debug: note, info: note, warn: note, error: note };
  beforeEach(() => {
    lines = [];
    vi.stubEnv("AWS_ENDPOINT_URL_SQS", moto!.endpoint);
    vi.stubEnv("AWS_REGION", "eu-central-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
    sqs = new SQSClient({});
    onTestFinished(() => {
      sqs.destroy();
      vi.unstubAllEnvs();
    });
  });

  async function queueOf(QueueName: string) {
    const Attributes = QueueName.endsWith(".fifo") ? { FifoQueue: "true" } : {};
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return {
      queue: createQueue(QueueName, log),
      put: (body: object, attributes: Record<string, string> = {}) => {
        const given = Object.entries(attributes).map(([key, StringValue]): [string, MessageAttributeValue] => {
          return [key, { DataType: "String", StringValue }];
        });
        const MessageAttributes = Object.fromEntries(given);
        return sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body), MessageAttributes }));
      },
      async count() {
        const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
        const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] });
        const { Attributes = {} } = await sqs.send(command);
        return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
      },
    };
  }

  test.each([
    [4, "4 messages could not be handled"],
    [45, "At least 10 messages could not be handled"],
  ])("of one message group is logged and removed in one run: %d messages", async (count, said) => {
    const { app } = await bench({ yaml: YAML });
    const dead = await queueOf(`some-${count}-dead.fifo`);
    await dead.queue.send(
      Array.from({ length: count }, (_, at) => ({ messageGroup: "prod/0", deduplication: `d${at}`, body: { at } })),
    );
    const { problems, remove } = await readDeadLetters({ ...app, log }, [dead.queue], undefined);
    expect(problems).toMatchObject([{ problem: "dead letters", message: expect.stringContaining(said) }]);
    expect(await dead.count()).toBe(count);
    await remove();
    expect(await dead.count()).toBe(0);
    const bodies = lines.flatMap(([message, { body }]) => (message === "dead letter" ? [body] : []));
    expect(bodies.sort()).toEqual(Array.from({ length: count }, (_, at) => JSON.stringify({ at })).sort());
  });

  test("in an invocation is logged with its reason and removed, and opens no alert of its own", async () => {
    const { app } = await bench({ yaml: YAML });
    const failures = await queueOf("some-failures");
    // As Lambda, and as EventBridge hands it on.
    await failures.put({
      requestContext: { functionArn: "arn:aws:lambda:eu-central-1:123456789012:function:lookout-prod-sweep:live" },
      requestPayload: {},
      responsePayload: { errorType: "StoreError", errorMessage: "the table does not answer" },
    });
    await failures.put({ detail: {} }, { ERROR_CODE: "NO_PERMISSIONS", ERROR_MESSAGE: "not authorized" });
    const { problems, remove } = await readDeadLetters({ ...app, log }, [], failures.queue);
    await remove();
    expect(problems).toEqual([]);
    expect(await failures.count()).toBe(0);
    expect(lines.filter(([message]) => message === "dead letter").map(([, { reason }]) => reason)).toEqual([
      "lookout-prod-sweep: the table does not answer",
      "not authorized",
    ]);
  });

  test("is logged cut short, and without a secret that the cut would go through", async () => {
    const { app, sim } = await bench({ yaml: YAML });
    const { secretKey } = sim.credentials;
    const failures = await queueOf("long-failures");
    // From the 490th character on, of what is logged and of the whole body.
    const long = (before: number) => `${"x".repeat(490 - before)}${secretKey}${"y".repeat(5_000)}`;
    await failures.put({ detail: long(11) }, { ERROR_CODE: "NO_PERMISSIONS", ERROR_MESSAGE: long(0) });
    const { remove } = await readDeadLetters({ ...app, log }, [], failures.queue);
    await remove();
    const [, { reason, body }] = lines.find(([message]) => message === "dead letter")!;
    for (const text of [String(reason), String(body)]) {
      expect(text.length).toBeLessThanOrEqual(500);
      expect(text).toContain("x[secret]");
      expect(text).not.toContain(secretKey.slice(0, 6));
    }
  });

  test("in a queue that cannot be read is a problem", async () => {
    const { app } = await bench({ yaml: YAML });
    const { problems } = await readDeadLetters({ ...app, log }, [], createQueue("none", log));
    expect(problems).toMatchObject([{ problem: "dead letters", name: "none" }]);
  });
});
