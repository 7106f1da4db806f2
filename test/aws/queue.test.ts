// Sending to a queue: in requests of what size, and what becomes of messages that it does not take.
import { createHash } from "node:crypto";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createQueue } from "../../lib/aws/queue.ts";
import { startScripted } from "../support/scripted-http.ts";

interface Entry {
  Id: string;
  MessageBody: string;
  MessageGroupId: string;
  MessageDeduplicationId: string;
}

/** SQS's side: `refuse` says of each request's entries which are refused. */
async function queue(refuse: (entries: Entry[], request: number) => string[]) {
  const requests: Entry[][] = [];
  const warnings: unknown[] = [];
  const server = await startScripted(({ headers, body }) => {
    const json = { "Content-Type": "application/x-amz-json-1.0" };
    if (headers["x-amz-target"]!.endsWith(".GetQueueUrl")) {
      return { status: 200, headers: json, body: JSON.stringify({ QueueUrl: `${server.url}/1/some.fifo` }) };
    }
    const { Entries } = JSON.parse(body) as { Entries: Entry[] };
    requests.push(Entries);
    const refused = refuse(Entries, requests.length);
    const Failed = refused.map((Id) => ({ Id, Code: "InternalError", SenderFault: false }));
    const Successful = Entries.filter(({ Id }) => !refused.includes(Id)).map(({ Id, MessageBody }) => {
      return { Id, MessageId: Id, MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex") };
    });
    return { status: 200, headers: json, body: JSON.stringify({ Successful, Failed }) };
  });
  onTestFinished(() => server.close());
  vi.stubEnv("AWS_ENDPOINT_URL_SQS", server.url);
  const log = { debug() {}, info() {}, error() {}, warn: (_: string, fields: unknown) => void warnings.push(fields) };
  return { queue: createQueue("some.fifo", log), requests, warnings, close: server.close };
}

const messages = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ messageGroup: `g${at}`, deduplication: `d${at}`, body: { at } }));

beforeEach(() => {
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "local");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "local");
  onTestFinished(() => void vi.unstubAllEnvs());
});

test("ten messages go in a request, each with its message group and deduplication", async () => {
  const { queue: some, requests, warnings } = await queue(() => []);
  expect(await some.send(messages(23))).toBe(0);
  expect(requests.map((entries) => entries.length).sort()).toEqual([10, 10, 3]);
  const sent = requests.flat().map((one) => [one.MessageGroupId, one.MessageDeduplicationId, one.MessageBody]);
  expect(sent.sort()).toEqual(
    messages(23)
      .map(({ body }, at) => [`g${at}`, `d${at}`, JSON.stringify(body)])
      .sort(),
  );
  expect(warnings).toEqual([]);
});

test("messages that were refused are sent once more, and those alone", async () => {
  const { queue: some, requests, warnings } = await queue((_, request) => (request === 1 ? ["1"] : []));
  expect(await some.send(messages(3))).toBe(0);
  expect(requests.map((entries) => entries.map(({ MessageGroupId }) => MessageGroupId))).toEqual([
    ["g0", "g1", "g2"],
    ["g1"],
  ]);
  expect(warnings).toEqual([]);
});

test("messages that stay refused are counted and logged", async () => {
  const { queue: some, warnings } = await queue(() => ["0"]);
  expect(await some.send(messages(2))).toBe(1);
  expect(warnings).toEqual([{ queue: "some.fifo", messages: 1, reason: "InternalError" }]);
});

test("a queue that cannot be reached takes nothing, and fails nobody's work", async () => {
  const { queue: some, warnings, close } = await queue(() => []);
  await close();
  expect(await some.send(messages(2))).toBe(2);
  await some.release(["handle"], 1);
  expect(warnings).toMatchObject([{ messages: 2 }, { queue: "some.fifo" }]);
});

test("nothing to send asks nothing", async () => {
  const { queue: some, requests } = await queue(() => []);
  expect(await some.send([])).toBe(0);
  expect(requests).toEqual([]);
});
