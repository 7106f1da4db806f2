// The polls of a batch of messages: each shard once, by the slots' part of the budget, and failures of the cloud recorded.
import { expect, test } from "vitest";
import type { SourceRow } from "../../lib/app/persistence/rows.ts";
import { readSource, shardKey } from "../../lib/app/persistence/shard-rows.ts";
import { pollSource } from "../../lib/app/polling/poll.ts";
import { plan } from "../../lib/aws/plan.ts";
import { pollBatch } from "../../lib/aws/poll-batch.ts";
import { createSlots } from "../../lib/aws/slots.ts";
import type { Key, Store } from "../../lib/store/port.ts";
import { type Bench, bench } from "../app/support.ts";
import { batchOf, keptQueue } from "./kept-queue.ts";

const REST = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const { signal } = new AbortController();
const services = Array.from({ length: 260 }, (_, at) => `svc-${at}`);

/** What is planned now, as Lambda hands it on. */
async function batch({ app }: Bench): Promise<ReturnType<typeof batchOf>> {
  const queue = keptQueue();
  await plan(app, queue);
  return batchOf(queue.messages.map(({ body }) => JSON.stringify(body)));
}

function polled({ app }: Bench, given: ReturnType<typeof batchOf>) {
  const queue = keptQueue();
  return pollBatch(app, { poll: queue, notify: queue, deliver: queue, dead: [] }, createSlots(), given, signal);
}

test("reads each target of each shard once, however often a message comes", async () => {
  const yaml = `sources: [{ kind: service-events, targets: [${services}] }]\n${REST}`;
  const b = await bench({ yaml, services, requestsPerSecond: 1_000 });
  await pollSource(b.app, b.app.config.sources[0]!, signal);
  b.to(1);
  const planned = await batch(b);
  expect(planned.Records).toHaveLength(2);
  const before = b.sim.requests["service-events"];
  b.to(1.5);
  for (let times = 0; times < 2; times++) {
    expect(await polled(b, planned)).toEqual({ batchItemFailures: [] });
    expect(b.sim.requests["service-events"] - before).toBe(services.length);
  }
  const row = await readSource(b.app, "service-events");
  expect(row?.data.shards?.map(({ lastRunAt }) => lastRunAt).every((at) => at >= b.app.clock.now() - 60_000)).toBe(
    true,
  );
});

test("a poll that the cloud refuses is no failing message: it is recorded, and the next plan has it again", async () => {
  const b = await bench({ yaml: REST });
  b.sim.setFaults([{ kind: "status", status: 400 }]);
  const planned = await batch(b);
  b.to(0.5);
  expect(await polled(b, planned)).toEqual({ batchItemFailures: [] });
  const row = await readSource(b.app, "service-events");
  expect(Object.keys(row!.data.failing)).toEqual(["svc-1"]);
  b.to(1);
  expect((await batch(b)).Records).toHaveLength(1);
});

test("a shard whose row is damaged fails its own message, at each delivery, and no other of its source", async () => {
  let isDamaged = false;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async get<T>(key: Key) {
      const row = await store.get<T>(key);
      return row && isDamaged && key.sk === "2/1" ? { ...row, damaged: true as const } : row;
    },
  });
  const yaml = `sources: [{ kind: service-events, targets: [${services}] }]\n${REST}`;
  const b = await bench({ yaml, services, requestsPerSecond: 1_000, wrapStore });
  await pollSource(b.app, b.app.config.sources[0]!, signal);
  b.to(1);
  const planned = await batch(b);
  isDamaged = true;
  b.to(1.5);
  const failed = planned.Records.filter(({ body }) => JSON.parse(body).shard.index === 1);
  for (let times = 0; times < 2; times++) {
    const batchItemFailures = failed.map(({ messageId }) => ({ itemIdentifier: messageId }));
    expect(await polled(b, planned)).toEqual({ batchItemFailures });
  }
  await expect(polled(b, { Records: failed })).rejects.toThrow("row shard/service-events 2/1 of the state is damaged");
  const read = async (index: number) => (await b.store.get<SourceRow>(shardKey("service-events", { index, of: 2 })))!;
  expect((await read(0)).data.lastRunAt).toBe(b.app.clock.now());
});
