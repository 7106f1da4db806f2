// Rows in a queue that have no place there: each is reported or taken out, and none of them hides another.
import { expect, test } from "vitest";
import { listDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { SPREAD } from "../../../lib/app/groups/inbox.ts";
import { findProblems } from "../../../lib/app/health/problems.ts";
import { WAKING } from "../../../lib/app/persistence/on-call-rows.ts";
import type { Message } from "../../../lib/aws/queue.ts";
import { createRinger } from "../../../lib/aws/rings.ts";
import { type Op, type Queue, type Row, type Store, StoreConflict } from "../../../lib/store/port.ts";
import { type Bench, failing, line } from "../support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] }, by: [resource.id] }]
route: { channels: [ops], groupBy: [resource.id], groupInterval: 1m, groupWait: 2m }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
`;

/** Puts the row into the queue, as one that has been due for long. */
async function putDue({ store }: Bench, queue: Queue, pk: string, sk: string, data: unknown, expect = 0) {
  await store.commit([{ op: "put", pk, sk, data, queue, due: 1, expect }]);
}

async function whatIsWrong({ app }: Bench): Promise<string[]> {
  const { problems } = await findProblems(app);
  return problems.map(({ problem, message }) => `${problem}: ${message}`);
}

const GROUPS = ["group/nobody", WAKING, SPREAD, "elsewhere"];

test.each(
  [
    ...GROUPS.map((pk) => ["group", pk] as const),
    ...["delivery", "elsewhere"].map((pk) => ["delivery", pk] as const),
  ].flatMap(([queue, pk]) => [[], {}, null, { id: 7 }].map((data) => [queue, pk, data] as const)),
)("in the queue of %s, at %s: %j", async (queue, pk, data) => {
  const b = await failing({ yaml });
  await putDue(b, queue, pk, "x", data);
  await b.beats(4);
  expect(b.messages.map(line)).toEqual(["4 /ops new firing: svc-1 firing ×1(+1)"]);
});

test("members of a group are taken out of the queue, as they are", async () => {
  const b = await failing({ yaml, services: ["svc-1", "svc-2"] });
  await b.beats(4);
  const [head] = await b.store.due<unknown>("group", Number.MAX_SAFE_INTEGER, 10);
  const membersOf = async () => (await b.store.list(head!.pk)).find(({ sk }) => sk.startsWith("m/")) as Row;
  const before = await membersOf();
  await putDue(b, "group", before.pk, before.sk, before.data, before.version);
  b.fail(4.5, "Failed", "svc-2");
  await b.beats(8);
  expect(b.messages.map(line).slice(1)).toEqual(["7 /ops new firing: svc-2 firing ×1(+1)"]);
  const after = await membersOf();
  expect(after.data).toEqual(before.data);
  expect(after.queue).toBeUndefined();
  expect(await whatIsWrong(b)).toEqual([]);
});

test.each([
  ["group", "elsewhere"],
  ["group", SPREAD],
  ["delivery", "delivery"],
] as const)("what nobody can heal is told of: %s", async (queue, pk) => {
  const b = await failing({ yaml });
  await putDue(b, queue, pk, "x", { id: "x" });
  await b.beats(2);
  expect(await whatIsWrong(b)).toEqual([
    expect.stringContaining(`state damaged: 1 row of the state are not what was written: ${pk} x`),
  ]);
});

test("a wake-up that others are always in the way of stops no group", async () => {
  const isWaking = ({ pk }: Op) => pk === WAKING;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async commit(ops) {
      if (ops.some((op) => op.op === "delete" && isWaking(op))) throw new StoreConflict(ops);
      await store.commit(ops);
    },
  });
  const b = await failing({ yaml, wrapStore });
  await putDue(b, "group", WAKING, "gone", { id: "waking/gone" });
  await b.beats(4);
  expect(b.messages.map(({ to }) => to)).toEqual(["/ops"]);
});

test("fanned out, the channels of all others are rung for", async () => {
  const b = await failing({ yaml });
  b.answer(() => ({ status: 500 }));
  await b.beats(4);
  b.to(10);
  const [due] = await listDeliveries(b.app);
  for (const [sk, data] of [[], {}, null].entries()) await putDue(b, "delivery", "delivery", `${sk}`, data);
  const rung: Message[] = [];
  const queue = {
    name: "deliver",
    async send(messages: readonly Message[]) {
      rung.push(...messages);
      return 0;
    },
    async release() {},
    take: async () => [],
    async remove() {},
  };
  await createRinger(b.app, queue, new AbortController().signal, () => true).poke();
  expect(rung).toMatchObject([{ body: { channel: "ops", deliveries: [due!.id] } }]);
});
