// The order in which polls are planned.
import { expect, test } from "vitest";
import type { SourceRow } from "../../lib/app/persistence/rows.ts";
import { messagesOf, type PollMessage } from "../../lib/aws/plan.ts";
import type { ConnectionConfig, SourceConfig } from "../../lib/model/config.ts";

const NOW = Date.UTC(2026, 10, 22, 12);

function rowOf(lastRunAt: number, readTo?: number | null): SourceRow {
  const left = { kind: "interrupted", error: "", since: 0, tries: 0, retryAt: 0, floor: 0 } as const;
  const failing: SourceRow["failing"] = readTo === undefined ? {} : { "svc-1": { ...left, readTo } };
  return { completeTo: null, firstRunAt: 0, lastRunAt, failing, ledger: {} };
}

test.each<[string, SourceRow[], number[]]>([
  ["the shard whose last run is longest ago", [rowOf(NOW - 1_000), rowOf(NOW - 3_000), rowOf(NOW - 2_000)], [1, 2, 0]],
  [
    "the shard with a target that the last runs did not come to",
    [rowOf(NOW - 2_000), rowOf(NOW - 1_000, NOW - 60_000), rowOf(NOW - 1_000)],
    [1, 0, 2],
  ],
  ["the shard with a target that was never read", [rowOf(NOW - 2_000), rowOf(NOW - 1_000, null)], [1, 0]],
])("%s is planned first", (_what, shards, order) => {
  const config = {
    connections: { prod: { projectId: "p", requestsPerSecond: 1 } as ConnectionConfig },
    sources: [{ id: "services", connection: "prod", every: 60_000 } as SourceConfig],
  };
  const planned = messagesOf(config, new Map([["services", { ...rowOf(0), shards }]]), NOW);
  expect(planned.map(({ body }) => (body as PollMessage).shard.index)).toEqual(order);
});
