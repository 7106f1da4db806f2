// Who else has the state open, as processes on several machines see each other through the database.
import { connect, createServer, type Socket } from "node:net";
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
  return { url, stores, sql: (text: string) => client.query(text) };
}

/** Stands between a store and the server. While it is cut it takes connections and gives no answer. */
async function cuttable(url: string): Promise<{ url: string; cut(): void; mend(): void }> {
  let isCut = false;
  const sockets = new Set<Socket>();
  const drop = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const proxy = createServer((from) => {
    sockets.add(from.on("error", () => {}));
    if (isCut) return;
    const { port, hostname } = new URL(url);
    const to = connect(Number(port), hostname).on("error", () => {});
    sockets.add(to);
    from.pipe(to).pipe(from);
    from.on("close", () => to.destroy());
    to.on("close", () => from.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    drop();
    proxy.close();
  });
  const through = new URL(url);
  through.port = String((proxy.address() as { port: number }).port);
  const turn = (cut: boolean) => () => {
    isCut = cut;
    drop();
  };
  return { url: through.href, cut: turn(true), mend: turn(false) };
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

  test("who starts is not gone when it commits, however the others last looked, and is once it ends unseen", async () => {
    const { url, stores } = await openTwo();
    const old = stores[0].peers!.identity();
    await stores[0].commit([put("a")]);
    // A process that nobody has ever seen.
    const never = "postgres/1/host/1/crashed";
    await expect.poll(() => old.isGone(never), WAIT).toBe(true);
    const ended: string[] = [];
    for (let n = 0; n < 5; n++) {
      const store = await openPostgresStore({ url, clock: wallClock });
      const { id } = store.peers!.identity();
      await store.commit([put("claim")]);
      expect(old.isGone(id)).toBe(false);
      await store.close();
      ended.push(id);
    }
    await expect.poll(() => ended.every((id) => old.isGone(id)), WAIT).toBe(true);
  });

  test("who was cut off for so long that it was gone is not when it commits again", async () => {
    const { url, stores } = await openTwo();
    const old = stores[0].peers!.identity();
    const proxy = await cuttable(url);
    const store = await openPostgresStore({ url: proxy.url, clock: wallClock });
    onTestFinished(() => store.close());
    const { id } = store.peers!.identity();
    for (const one of [stores[0], store]) await one.commit([put("a")]);
    proxy.cut();
    await expect.poll(() => old.isGone(id), WAIT).toBe(true);
    proxy.mend();
    await store.commit([put("b")]);
    expect(old.isGone(id)).toBe(false);
  }, 30_000);

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
