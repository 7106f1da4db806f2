// Targets of which nothing is remembered: their rows are not read while nothing happens, and nothing is missed or found
// twice for it.
import { expect, it } from "vitest";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";

const ID = "service-events";
const yaml = (options = "") => `
sources: [{ kind: ${ID}, targets: [svc-1, svc-2], lookback: 1m${options} }]
rules: [{ id: any, when: { level: [error] }, by: [] }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

/** Polls at these minutes; which rows of targets each of them read. */
async function setUp() {
  let read: string[] = [];
  const note = (pk: string, sk: string) => void (pk.startsWith("target/") && read.push(sk));
  const b = await bench({
    services: ["svc-1", "svc-2"],
    yaml: yaml(),
    wrapStore: (store) => ({
      ...store,
      get(key) {
        note(key.pk, key.sk);
        return store.get(key);
      },
    }),
  });
  return {
    b,
    async poll(at: number) {
      b.to(at);
      read = [];
      const before = b.sim.requests[ID]!;
      const report = await pollSource(b.app, b.app.config.sources[0]!, new AbortController().signal);
      expect(report).toMatchObject({ failing: {}, discoveryError: undefined });
      return { read: read.toSorted(), requests: b.sim.requests[ID]! - before };
    },
  };
}

async function found({ app }: Bench): Promise<string[]> {
  return (await seenEvents(app))
    .map(({ time, resource }) => `${(Date.parse(time) - T0) / MINUTE} ${resource.id}`)
    .sort();
}

it("an idle target is read with one request and without its row, which is read again every half hour", async () => {
  const { poll } = await setUp();
  expect(await poll(1)).toEqual({ read: ["svc-1", "svc-2"], requests: 2 });
  for (const at of [2, 3, 29]) expect(await poll(at)).toEqual({ read: [], requests: 2 });
  expect(await poll(31)).toEqual({ read: ["svc-1", "svc-2"], requests: 2 });
  expect(await poll(32)).toEqual({ read: [], requests: 2 });
});

it("of a target that has an event the row is read until nothing of it is remembered", async () => {
  const { b, poll } = await setUp();
  for (const at of [1, 2]) await poll(at);
  b.fail(2.5, "boom", "svc-1");
  expect((await poll(3)).read).toEqual(["svc-1"]);
  expect(await poll(4)).toEqual({ read: ["svc-1"], requests: 2 });
  for (let at = 30; at <= 150; at += 30) await poll(at);
  expect((await poll(151)).read).toEqual([]);
  expect(await found(b)).toEqual(["2.5 svc-1"]);
});

it("an event that is shown late is found, once", async () => {
  const { b, poll } = await setUp();
  for (const at of [1, 5, 12]) await poll(at);
  b.fail(2.5, "late", "svc-2");
  for (const at of [13, 14]) await poll(at);
  expect(await found(b)).toEqual(["2.5 svc-2"]);
});

it("what the row has left behind is not found again, with a longer lateness either", async () => {
  const { b, poll } = await setUp();
  await poll(1);
  b.fail(2.5, "boom", "svc-1");
  await poll(3);
  for (let at = 30; at <= 150; at += 30) await poll(at);
  await b.reload(yaml(", lateness: 5h"));
  for (const at of [151, 152, 185]) await poll(at);
  expect(await found(b)).toEqual(["2.5 svc-1"]);
});
