// A round of health over thousands of targets that cannot be read: one alert a source, and nobody waits for it.
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { checkHealth } from "../../../lib/app/health/health.ts";
import { type FailingTarget, type SourceRow, sourceKey } from "../../../lib/app/persistence/rows.ts";
import { shardsFor } from "../../../lib/app/persistence/shard-rows.ts";
import { getRow, putRow } from "../../../lib/app/persistence/source-rows.ts";
import { splitSource } from "../../../lib/app/persistence/split-source.ts";
import type { Op } from "../../../lib/store/port.ts";
import { bench, MINUTE, T0 } from "../support.ts";

const COUNT = 5_000;
const YAML = `
sources: [{ id: many, kind: service-events }, { id: some, kind: pool-events }]
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
health: { channels: [ops], lag: 15m }
`;

it("5,000 unreadable targets of each source are one alert a source, with their number, in small units of work", async () => {
  const commits: (readonly Op[])[] = [];
  const b = await bench({
    yaml: YAML,
    services: [],
    wrapStore: (store) => ({
      ...store,
      async commit(ops) {
        commits.push(ops);
        await store.commit(ops);
      },
    }),
  });
  const failing: FailingTarget = {
    kind: "forbidden",
    error: "the API refuses it",
    since: T0,
    tries: 3,
    retryAt: 0,
    readTo: null,
    isNew: true,
    floor: T0,
  };
  for (const id of ["many", "some"]) {
    const ids = Array.from({ length: COUNT }, (_, n) => `svc-${String(n).padStart(5, "0")}`);
    const data: SourceRow = {
      completeTo: T0,
      knownTo: T0,
      firstRunAt: T0,
      lastRunAt: T0 + 20 * MINUTE,
      failing: Object.fromEntries(ids.map((name) => [name, failing])),
      discovered: { at: T0, targets: ids.map((name) => ({ id: name, floor: T0 })) },
      ledger: {},
    };
    await b.store.commit([{ op: "put", ...sourceKey(id), data: { ...data, failing: {}, discovered: undefined } }]);
    await putRow(b.app, (await getRow(b.app, sourceKey(id)))!, data);
    await splitSource(b.app, (await getRow(b.app, sourceKey(id)))!, shardsFor(ids, 1));
  }
  b.to(20);
  commits.length = 0;
  let turns = 0;
  let isOver = false;
  void (async () => {
    for (; !isOver; turns++) await setImmediate();
  })();
  const problems = await checkHealth(b.app);
  isOver = true;
  expect(problems.map(({ problem, name }) => `${problem} ${name}`)).toEqual([
    "targets unread many (forbidden)",
    "targets unread some (forbidden)",
  ]);
  expect(problems[0]!.message).toMatch(/^5000 targets of many unread since .* and 4995 more\): the API refuses it$/);
  // Other work comes in between, many times.
  expect(turns).toBeGreaterThan(5);
  expect(Math.max(...commits.map((ops) => ops.length))).toBeLessThan(10);
});
