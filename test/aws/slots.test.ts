// Slots: as many shards in each, and all of the budget between them.
import { describe, expect, test } from "vitest";
import { createSlots, slotOf } from "../../lib/aws/slots.ts";
import type { Config, ConnectionConfig, SourceConfig } from "../../lib/model/config.ts";

const SHARDS = 64;

function configOf(requestsPerSecond: number): Pick<Config, "connections" | "sources"> {
  return {
    connections: { prod: { projectId: "p", requestsPerSecond } as ConnectionConfig },
    sources: [{ id: "services", connection: "prod" } as SourceConfig],
  };
}

function slotsOf(config: Pick<Config, "connections" | "sources">): string[] {
  return Array.from({ length: SHARDS }, (_, shard) => slotOf(config, config.sources[0]!, shard));
}

describe.each([1, 20, 50, 100, 200, 250, 1_000, 10_000])("slots of a budget of %d requests a second", (budget) => {
  test("have as many shards each as all others", () => {
    const counts = Map.groupBy(slotsOf(configOf(budget)), (slot) => slot);
    expect(new Set([...counts.values()].map(({ length }) => length)).size).toBe(1);
  });

  test("have the whole budget between them, and no more", () => {
    const config = configOf(budget);
    const shares = [...new Set(slotsOf(config))].map((slot) => {
      const slots = createSlots();
      slots.hold([slot]);
      return slots.shareOf(config, "prod");
    });
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  });
});
