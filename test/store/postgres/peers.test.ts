// Who else has the state open, as processes on several machines see each other through the database.
import { describe, expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import type { Store } from "../../../lib/store/port.ts";
import { openPostgresStore } from "../../../lib/store/postgres/postgres.ts";
import { freshSchema, postgresUrl } from "../../support/postgres.ts";
import { put } from "../rows.ts";

const WAIT = { timeout: 10_000, interval: 20 };

async function openTwo() {
  const { url, client, drop } = await freshSchema();
  const open = () => openPostgresStore({ url, clock: wallClock });
  const stores: [Store, Store] = [await open(), await open()];
  onTestFinished(async () => {
    for (const store of stores) await store.close();
    await drop();
  });
  return { stores, sql: (text: string) => client.query(text) };
}

describe.skipIf(postgresUrl === null)("the peers on PostgreSQL", () => {
  test("who lives is not gone, who ends is within 5 seconds, and what has no place here never is", async () => {
    const { stores } = await openTwo();
    const [one, other] = stores.map((store) => store.peers!.identity());
    // Each has been seen by now.
    for (const store of stores) await store.commit([put("a")]);
    expect(one!.isGone(other!.id)).toBe(false);
    expect(one!.isGone("host/1/some-process")).toBe(false);
    await stores[1].close();
    const began = performance.now();
    await expect.poll(() => one!.isGone(other!.id), WAIT).toBe(true);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(one!.isGone("host/1/some-process")).toBe(false);
  });

  test("who begins anew in the same process, as after a reload, was another before", async () => {
    const { stores } = await openTwo();
    const before = stores[0].peers!.identity();
    const now = stores[0].peers!.identity();
    expect(now.isGone(before.id)).toBe(true);
    expect(now.isGone(now.id)).toBe(false);
  });

  test("who only lost the connection is not gone: it commits once it is seen again", async () => {
    const { stores, sql } = await openTwo();
    const [one, other] = stores.map((store) => store.peers!.identity());
    for (const store of stores) await store.commit([put("a")]);
    for (let n = 0; n < 5; n++) {
      await sql(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND objid = ${other!.id.split("/")[1]}`);
      for (let m = 0; m < 5; m++) {
        await stores[1].commit([put("b")]);
        expect(one!.isGone(other!.id)).toBe(false);
      }
    }
  });

  test("what one makes due rings at the other, and not at itself", async () => {
    const { stores } = await openTwo();
    const rings = [0, 0];
    for (const [at, store] of stores.entries()) store.peers!.onDue(() => void rings[at]!++);
    await stores[0].commit([put("later", 1, { queue: "timer", due: wallClock.now() + 60_000 })]);
    for (const store of stores) await store.commit([put("listens")]);
    await stores[0].commit([put("due", 1, { queue: "timer", due: 1 })]);
    await expect.poll(() => rings, WAIT).toEqual([0, 1]);
    await stores[1].commit([put("due", 1, { queue: "timer", due: 1 })]);
    await expect.poll(() => rings, WAIT).toEqual([1, 1]);
  });
});
