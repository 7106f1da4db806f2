// A store that fails for good in the middle of a run: the run stops, and nothing goes on behind its back.
import { describe, expect, it, test } from "vitest";
import { forEachLimit } from "../../../lib/app/parallel.ts";
import { pollKind } from "../../../lib/aws/poll.ts";
import { runOnce } from "../../../lib/local/once.ts";
import { type Store, StoreError } from "../../../lib/store/port.ts";
import { type Bench, bench } from "../support.ts";

const SERVICES = Array.from({ length: 40 }, (_, at) => `svc-${at}`);
const SOURCES = `sources:
  - { id: first, kind: service-events, targets: [${SERVICES.slice(0, 20).join(", ")}] }
  - { id: second, kind: service-events, targets: [${SERVICES.slice(20).join(", ")}] }
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

describe("a store that fails for good at the twelfth commit of a round", () => {
  it.each([
    ["run --once", (b: Bench) => runOnce(b.app, new AbortController().signal)],
    ["a poll on AWS", (b: Bench) => pollKind(b.app, "service-events", new AbortController().signal)],
  ])("is asked for one more by each source at most, and the round ends with its error: %s", async (_, round) => {
    let commits = Number.NEGATIVE_INFINITY;
    let operations = 0;
    const wrapStore = (store: Store): Store => ({
      ...store,
      async get(key) {
        operations++;
        return store.get(key);
      },
      async getMany(keys) {
        operations++;
        return store.getMany(keys);
      },
      async commit(ops) {
        operations++;
        if (++commits >= 12) throw new StoreError(`the disk is full (${commits})`);
        await store.commit(ops);
      },
    });
    const b = await bench({ services: SERVICES, yaml: SOURCES, requestsPerSecond: 1e6, wrapStore });
    const lines: string[] = [];
    b.app.log.error = (message, fields) => void lines.push(`${fields?.["source"]}: ${message}: ${fields?.["error"]}`);
    for (const id of SERVICES) b.fail(-0.5, "Failed", id);
    commits = 0;
    await expect(round(b)).rejects.toThrow("the disk is full");
    expect(commits).toBe(13);
    const after = operations;
    // Whatever were still under way would get its answer from the cloud by then.
    await fetch(`${b.sim.url}/v1/none`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(operations).toBe(after);
    const stopped = (source: string) => `${source}: the run was stopped; the next one goes on: the disk is full`;
    expect(lines.map((line) => line.replace(/ \(\d+\)$/, "")).sort()).toEqual([stopped("first"), stopped("second")]);
    expect(b.messages).toEqual([]);
  });
});

test("tasks side by side: after the first rejection none is started, the others hear of it, and it is the end of all", async () => {
  const log: string[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const work = forEachLimit([0, 1, 2, 3], 2, new AbortController().signal, async (item, signal) => {
    log.push(`${item} begins`);
    signal.addEventListener("abort", () => log.push(`${item} is stopped: ${(signal.reason as Error).message}`));
    await gates[item]!.promise;
    log.push(`${item} ends`);
  });
  const outcome = work.then(
    () => log.push("resolved"),
    (error: Error) => log.push(`rejected: ${error.message}`),
  );
  gates[1]!.reject(new Error("broken"));
  await new Promise((resolve) => setImmediate(resolve));
  gates[0]!.reject(new Error("broken, too"));
  await outcome;
  const notified = ["0 is stopped: broken", "1 is stopped: broken"];
  expect(log).toEqual(["0 begins", "1 begins", ...notified, "rejected: broken"]);
});
