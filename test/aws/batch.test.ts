// A batch of messages: what failed is named and given out again, what is old is dropped, and what fails of all is an
// error of the invocation.
import { expect, test } from "vitest";
import * as z from "zod";
import { Superseded } from "../../lib/app/persistence/superseded.ts";
import { type BatchAnswer, handleBatch } from "../../lib/aws/batch.ts";
import { StoreError } from "../../lib/store/port.ts";
import { bench, T0 } from "../app/support.ts";
import { batchOf, keptQueue } from "./kept-queue.ts";

const KEY = "Zm9vYmFyYmF6cXV4MTIz";
const YAML = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const Body = z.object({ what: z.string(), at: z.number() });
type Body = z.infer<typeof Body>;

const say = (what: string, at = T0): string => JSON.stringify({ what, at });
const answerWith = (...failed: number[]): BatchAnswer => ({
  batchItemFailures: failed.map((at) => ({ itemIdentifier: `id-${at}` })),
});

/** `received`: how often each message was given out. */
async function handled(
  bodies: readonly string[],
  handle: (what: string) => Promise<unknown>,
  { received = [], suspects = false }: { received?: readonly number[]; suspects?: boolean } = {},
) {
  const b = await bench({ yaml: YAML, env: { HW_SECRET_KEY: KEY } });
  await b.app.learnSecrets();
  const lines: [string, Record<string, unknown>][] = [];
  const note = (message: string, fields = {}) => void lines.push([message, fields]);
  const log = { debug: note, info: note, warn: note, error: note };
  const queue = keptQueue();
  const answer = handleBatch({ ...b.app, log }, batchOf(bodies, received), {
    queue,
    body: Body,
    maxAge: () => 1_000,
    ...(suspects && { suspects }),
    handle: (messages: readonly Body[]) => messages.map(({ what }) => handle(what)),
  });
  const outcome = await answer.then(
    (value) => value,
    (error: unknown) => error,
  );
  return { outcome, released: queue.released, lines };
}

const fine = async (what: string): Promise<unknown> => ({ done: what });
const but =
  (failing: string, error: Error) =>
  async (what: string): Promise<unknown> => {
    if (what === failing) throw error;
    return { done: what };
  };

test("messages that were handled are named by nobody", async () => {
  const { outcome, released, lines } = await handled([say("a"), say("b")], fine);
  expect([outcome, released]).toEqual([answerWith(), []]);
  expect(lines).toEqual([
    ["batch", { queue: "some.fifo", messages: 2, failed: 0, results: [{ done: "a" }, { done: "b" }] }],
  ]);
});

test.each([
  ["is no JSON", "{"],
  ["is of no use", JSON.stringify({ what: 1 })],
  ["fails by itself", say("bad")],
])("a message that %s is named and given out again, and the others are handled", async (_, bad) => {
  const { outcome, released, lines } = await handled([say("a"), bad, say("c")], but("bad", new Error("no")));
  expect([outcome, released]).toEqual([answerWith(1), ["handle-1"]]);
  expect(lines).toContainEqual(["message not handled", expect.objectContaining({ body: bad })]);
  expect(lines.at(-1)).toMatchObject(["batch", { failed: 1, results: [{ done: "a" }, { done: "c" }] }]);
});

test("a message that is too old is dropped, counted, and named by nobody", async () => {
  const { outcome, lines } = await handled([say("a", T0 - 1_001), say("b", T0 - 1_000)], fine);
  expect(outcome).toEqual(answerWith());
  expect(lines[0]).toEqual(["old messages dropped", { queue: "some.fifo", messages: 1 }]);
  expect(lines.at(-1)).toMatchObject(["batch", { results: [{ done: "b" }] }]);
});

test("a message that is too old is dropped however often its invocation was throttled", async () => {
  const old = [say("a", T0 - 1_001), say("b", T0 - 1_001)];
  const { outcome, lines } = await handled(old, fine, { received: [2, 3] });
  expect(outcome).toEqual(answerWith());
  expect(lines[0]).toEqual(["old messages dropped", { queue: "some.fifo", messages: 2 }]);
});

test("one that may kill its invocation is taken once more though it is too old, and fails from the third time on", async () => {
  const old = ["late", "throttled", "killed three", "killed four"].map((what) => say(what, T0 - 1_001));
  const { outcome, released, lines } = await handled(old, fine, { received: [1, 2, 3, 4], suspects: true });
  expect([outcome, released]).toEqual([answerWith(2, 3), ["handle-2", "handle-3"]]);
  expect(lines).toContainEqual(["old messages dropped", { queue: "some.fifo", messages: 1 }]);
  const failed = lines.filter(([message]) => message === "message not handled");
  expect(failed.map(([, { error }]) => error)).toEqual([
    expect.stringContaining("given out 3 times"),
    expect.stringContaining("given out 4 times"),
  ]);
  expect(lines.at(-1)).toMatchObject(["batch", { results: [{ done: "throttled" }] }]);
});

test("one that is not too old is handled however often it was given out", async () => {
  const { outcome } = await handled([say("a"), say("b")], fine, { received: [2, 4], suspects: true });
  expect(outcome).toEqual(answerWith());
});

test("a message that fails is logged without a secret that the cut would go through", async () => {
  const { lines } = await handled(["x".repeat(190) + KEY], fine);
  const [, { body }] = lines.find(([message]) => message === "message not handled")!;
  expect(body).toBe(`${"x".repeat(190)}[secret]`);
});

test("where all of them fail the invocation does, and they are given out again", async () => {
  const gone = new StoreError("the table is gone");
  const { outcome, released } = await handled([say("a"), say("a")], but("a", gone));
  expect([outcome, released]).toEqual([gone, ["handle-0", "handle-1"]]);
});

test("where a newer configuration decides the whole invocation says so", async () => {
  const newer = new Superseded("newer");
  const { outcome, released } = await handled([say("a"), say("b")], but("a", newer));
  expect([outcome, released]).toEqual([newer, []]);
});
