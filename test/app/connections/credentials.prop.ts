// Any resources, refused or not, asked for by any processes in any order: wrong credentials are never hammered, one
// resource that is always refused keeps nobody else waiting.
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createGate } from "../../../lib/app/connections/credentials.ts";
import { CloudError } from "../../../lib/sources/cloud/client.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { folderWith } from "../../support/cli.ts";

const refusal = new CloudError("credentials", "401: The AK/SK is wrong");
const MINUTE = 60_000;

/**
 * A round: which resources are asked for, at once, in this order, by which process, and how long after the one before.
 */
interface Round {
  asks: { resource: number; turns: number }[];
  process: number;
  minutes: number;
}

const RESOURCES = 5;
/** Each resource is asked for, some by two lists of it; answers come after so many turns of the event loop. */
const rounds = fc.array(
  fc.record({
    asks: fc
      .tuple(
        fc.array(fc.nat(5), { minLength: RESOURCES, maxLength: RESOURCES }),
        fc.array(fc.record({ resource: fc.nat(RESOURCES - 1), turns: fc.nat(5) }), { maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
      )
      .map(([turns, more, order]) => {
        const all = [...turns.map((count, resource) => ({ resource, turns: count })), ...more];
        return all
          .map((one) => ({ one, at: order.next().value! }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ one }) => one);
      }),
    process: fc.nat(2),
    minutes: fc.constantFrom(0.05, 1, 5, 30),
  }),
  { minLength: 4, maxLength: 12 },
);

/** Pauses of 10, 20, 40 … minutes that can be over in this time. */
function pausesWithin(minutes: number): number {
  return Math.floor(Math.log2(minutes / 10 + 1));
}

/** What became of each ask of each round. */
async function play(all: Round[], isRefused: (resource: number, round: number) => boolean) {
  let now = Date.parse("2026-11-20T10:00:00Z");
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  const store = openSqliteStore({ path: join(await folderWith({}), "state.db"), now: clock.now });
  const gates = ["a", "b", "c"].map((id) => {
    return createGate({ store, clock, identity: { id, isGone: () => false } }, "prod", "abc", async () => false);
  });
  const outcomes: Record<"refused" | "accepted" | "held" | "paused", number[]>[] = [];
  for (const [round, { asks, process, minutes }] of all.entries()) {
    now += minutes * MINUTE;
    const outcome = { refused: [] as number[], accepted: [] as number[], held: [] as number[], paused: [] as number[] };
    outcomes.push(outcome);
    await Promise.all(
      asks.map(async ({ resource, turns }) => {
        const attempt = await gates[process]!.begin(`resource-${resource}`).catch((error: CloudError) => {
          (error.kind === "paused" ? outcome.paused : outcome.held).push(resource);
        });
        if (attempt === undefined) return;
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        outcome[isRefused(resource, round) ? "refused" : "accepted"].push(resource);
        if (isRefused(resource, round)) await attempt.refused(refusal).catch(() => {});
        else await attempt.accepted();
      }),
    );
  }
  await store.close();
  return outcomes;
}

it("wrong credentials are refused twice, then once after each pause", async () => {
  await fc.assert(
    fc.asyncProperty(rounds, async (all) => {
      const outcomes = await play(all, () => true);
      const refused = outcomes.flatMap((one) => one.refused).length;
      const minutes = all.reduce((sum, one) => sum + one.minutes, 0);
      expect(refused).toBeLessThanOrEqual(2 + pausesWithin(minutes));
    }),
    { numRuns: 25 },
  );
});

it("proven credentials that turn bad are refused as often as they were under way, once more, and once after each pause", async () => {
  await fc.assert(
    fc.asyncProperty(rounds, fc.integer({ min: 1, max: 3 }), async (all, bad) => {
      const one = all.map((round) => ({ ...round, process: 0 }));
      const outcomes = await play(one, (_, round) => round >= bad);
      const refused = outcomes.flatMap((outcome) => outcome.refused).length;
      const minutes = all.slice(bad).reduce((sum, round) => sum + round.minutes, 0);
      expect(refused).toBeLessThanOrEqual(all[bad]!.asks.length + 1 + pausesWithin(minutes));
      expect(outcomes.slice(bad).flatMap(({ accepted }) => accepted)).toEqual([]);
    }),
    { numRuns: 25 },
  );
});

it("a resource that is always refused keeps nobody else waiting, and is asked for every other round", async () => {
  await fc.assert(
    fc.asyncProperty(rounds, fc.nat(RESOURCES - 1), async (all, bad) => {
      const outcomes = await play(all, (resource) => resource === bad);
      for (const [at, { paused, held, refused }] of outcomes.entries()) {
        expect({ paused, held: held.filter((one) => one !== bad) }).toEqual({ paused: [], held: [] });
        expect([...refused, ...(outcomes[at + 1]?.refused ?? [bad])]).toContain(bad);
      }
    }),
    { numRuns: 25 },
  );
});
