// What is planned for the next minute, which slot polls it, and that the slots together keep to the budget.
import { describe, expect, test } from "vitest";
import type { SourceRow } from "../../lib/app/persistence/rows.ts";
import { pollSource } from "../../lib/app/polling/poll.ts";
import { messagesOf, PlanInput, plan } from "../../lib/aws/plan.ts";
import type { Message } from "../../lib/aws/queue.ts";
import { createSlots, slotOf } from "../../lib/aws/slots.ts";
import type { Key, Store } from "../../lib/store/port.ts";
import { type Bench, bench, MINUTE, T0 } from "../app/support.ts";
import { keptQueue } from "./kept-queue.ts";

const REST = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const names = (count: number) => Array.from({ length: count }, (_, at) => `svc-${at}`);

async function planned({ app }: Bench): Promise<Message[]> {
  const queue = keptQueue();
  expect(await plan(app, queue)).toEqual({ planned: queue.messages.length });
  return queue.messages;
}

const shardsIn = (messages: readonly Message[]) =>
  messages.map(({ body }) => {
    const { source, shard } = body as { source: string; shard: { index: number; of: number } };
    return `${source} ${shard.index}/${shard.of}`;
  });
const poll = ({ app }: Bench, at: number) => pollSource(app, app.config.sources[at]!, new AbortController().signal);

describe("the plan", () => {
  test("has a message for each shard of each source", async () => {
    const services = names(260);
    const sources = `sources: [{ kind: service-events, targets: [${services}] }, { kind: pool-events, targets: [p] }]`;
    const b = await bench({ yaml: `${sources}\n${REST}`, services, requestsPerSecond: 1_000 });
    // How many shards there are is known once it was polled.
    expect(shardsIn(await planned(b))).toEqual(["service-events 0/1", "pool-events 0/1"]);
    await poll(b, 0);
    b.to(1);
    expect(shardsIn(await planned(b))).toEqual(["pool-events 0/1", "service-events 0/2", "service-events 1/2"]);
  });

  test("has first what was polled longest ago", async () => {
    const sources =
      "sources: [{ id: a, kind: service-events, targets: [x] }, { id: b, kind: pool-events, targets: [x] }]";
    const b = await bench({ yaml: `${sources}\n${REST}` });
    await poll(b, 1);
    b.to(1);
    await poll(b, 0);
    expect(shardsIn(await planned(b))).toEqual(["b 0/1", "a 0/1"]);
  });

  const interrupted = { kind: "interrupted", error: "", since: 0, tries: 0, retryAt: 0, floor: 0 } as const;
  const rowOf = (minute: number, readTo?: number | null): SourceRow => {
    const failing: SourceRow["failing"] = readTo === undefined ? {} : { "svc-1": { ...interrupted, readTo } };
    return { completeTo: null, firstRunAt: T0, lastRunAt: T0 + minute * MINUTE, failing, ledger: {} };
  };

  test.each<[string, SourceRow[], number[]]>([
    ["the shard whose last run is longest ago", [rowOf(3), rowOf(1), rowOf(2)], [1, 2, 0]],
    ["a shard with a target that the last runs did not come to", [rowOf(2), rowOf(3, T0)], [1, 0]],
    ["a shard with a target that was never read", [rowOf(2), rowOf(3, null)], [1, 0]],
  ])("has first %s", async (_what, shards, order) => {
    const { config } = (await bench({ yaml: `sources: [{ kind: service-events, targets: [x] }]\n${REST}` })).app;
    const known = new Map([["service-events", { ...rowOf(0), shards }]]);
    const messages = messagesOf(config, known, T0 + 4 * MINUTE);
    expect(shardsIn(messages)).toEqual(order.map((index) => `service-events ${index}/${shards.length}`));
  });

  test("has a source no more often than its `every`", async () => {
    const sources = "sources: [{ kind: service-events, every: 5m, targets: [svc-1] }]";
    const b = await bench({ yaml: `${sources}\n${REST}` });
    await poll(b, 0);
    const due: number[] = [];
    for (let minute = 1; minute <= 6; minute++) {
      b.to(minute);
      if ((await planned(b)).length > 0) due.push(minute);
    }
    expect(due).toEqual([5, 6]);
  });

  test("has the same names in the same minute, and others in the next", async () => {
    const b = await bench({ yaml: REST });
    const namesNow = async () => (await planned(b)).map(({ deduplication }) => deduplication);
    const first = await namesNow();
    b.to(0.5);
    expect(await namesNow()).toEqual(first);
    b.to(1);
    expect(await namesNow()).not.toEqual(first);
  });

  test("has other names in each beat of its schedule, and the same ones where that is planned again", async () => {
    const b = await bench({ yaml: REST });
    const beats = [
      { time: "2026-11-20T10:00:59Z", called: 59.7 },
      // Called late, and the next one early: both in the same minute.
      { time: "2026-11-20T10:01:59Z", called: 120.3 },
      { time: "2026-11-20T10:02:59Z", called: 179.7 },
      { time: "2026-11-20T10:02:59Z", called: 200 },
    ];
    const names: string[] = [];
    for (const { time, called } of beats) {
      b.to(called / 60);
      const queue = keptQueue();
      await plan(b.app, queue, PlanInput.parse({ time }));
      names.push(queue.messages[0]!.deduplication);
    }
    expect(new Set(names).size).toBe(3);
    expect(names[3]).toBe(names[2]);
  });

  test.each([[{}], [undefined], ["test"], [{ time: "<aws.scheduler.scheduled-time>" }]])(
    "goes by the minute where nobody says the time of the beat: %j",
    async (input) => {
      const b = await bench({ yaml: REST });
      const queue = keptQueue();
      await plan(b.app, queue, PlanInput.parse(input));
      b.to(0.9);
      await plan(b.app, queue, PlanInput.parse(input));
      b.to(1);
      await plan(b.app, queue, PlanInput.parse(input));
      const [first, second, third] = queue.messages.map(({ deduplication }) => deduplication);
      expect(second).toBe(first);
      expect(third).not.toBe(first);
    },
  );

  test("has every source whose rows can be read, and fails for the others", async () => {
    const sources =
      "sources: [{ id: a, kind: service-events, targets: [x] }, { id: b, kind: pool-events, targets: [x] }]";
    let isDamaged = false;
    const wrapStore = (store: Store): Store => ({
      ...store,
      async get<T>(key: Key) {
        const row = await store.get<T>(key);
        return row && isDamaged && key.sk === "a" ? { ...row, damaged: true as const } : row;
      },
    });
    const b = await bench({ yaml: `${sources}\n${REST}`, wrapStore });
    for (const at of [0, 1]) await poll(b, at);
    isDamaged = true;
    b.to(1);
    const queue = keptQueue();
    await expect(plan(b.app, queue)).rejects.toThrow("source a was not planned: row source a of the state is damaged");
    expect(shardsIn(queue.messages)).toEqual(["b 0/1"]);
  });

  test("that the queue did not take is a failed invocation", async () => {
    const b = await bench({ yaml: REST });
    await expect(plan(b.app, keptQueue({ lost: 1 }))).rejects.toThrow(
      "1 of 1 polls were not planned: some.fifo did not take their messages",
    );
  });
});

describe("the slots of a project", () => {
  const sources = ["service-events", "pool-events", "training-events"].map((kind) => `{ kind: ${kind}, targets: [x] }`);
  const yaml = `sources: [${sources}, { kind: http, targets: [{ id: up, url: "https://example.com" }] }]\n${REST}`;

  test.each([
    [0.5, 1],
    [4, 1],
    [20, 1],
    [50, 2],
    [200, 8],
    [1_000, 32],
    [10_000, 64],
  ])("at %d requests a second are %d, which have the whole of it together", async (requestsPerSecond, count) => {
    const { config } = (await bench({ yaml, requestsPerSecond })).app;
    const all = Array.from({ length: 200 }, (_, shard) => slotOf(config, config.sources[0]!, shard));
    const distinct = [...new Set(all)];
    expect(distinct).toHaveLength(count);
    const shares = distinct.map((slot) => {
      const slots = createSlots();
      slots.hold([slot]);
      return slots.shareOf(config, "prod");
    });
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  });

  test.each([50, 100, 200, 250, 1_000, 1_300])("at %d requests a second have as many shards each", async (budget) => {
    const { config } = (await bench({ yaml, requestsPerSecond: budget })).app;
    const slots = Array.from({ length: 64 }, (_, shard) => slotOf(config, config.sources[0]!, shard));
    const counts = [...Map.groupBy(slots, (slot) => slot).values()].map(({ length }) => length);
    expect(new Set(counts).size).toBe(1);
  });

  test("have a shard in the same slot each time, and the first shards of several sources side by side", async () => {
    const { config } = (await bench({ yaml, requestsPerSecond: 80 })).app;
    const slotsOf = () => config.sources.map((source) => slotOf(config, source, 0));
    expect(slotsOf()).toEqual(["prod/0", "prod/1", "prod/2", "http/0"]);
    expect(slotsOf()).toEqual(slotsOf());
    expect(slotOf(config, config.sources[1]!, 3)).toBe("prod/0");
  });

  test("that one process has together are its part", async () => {
    const { config } = (await bench({ yaml, requestsPerSecond: 80 })).app;
    const slots = createSlots();
    slots.hold(["prod/0", "prod/3", "prod/3", "http/0"]);
    expect(slots.shareOf(config, "prod")).toBe(0.5);
  });
});
