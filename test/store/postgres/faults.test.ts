// The store on PostgreSQL where connections are lost, the server restarts, and many write the same rows at once.
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { type Op, type Store, StoreConflict, StoreGone } from "../../../lib/store/port.ts";
import { openPostgresStore } from "../../../lib/store/postgres/postgres.ts";
import { freshSchema, postgresUrl } from "../../support/postgres.ts";
import { postgresPrograms, startPostgres } from "../../support/postgres-server.ts";
import { put } from "../rows.ts";

const clock = wallClock;

async function openTwo(): Promise<{ url: string; sql(text: string): Promise<unknown>; stores: [Store, Store] }> {
  const { url, client, drop } = await freshSchema();
  const stores: [Store, Store] = [await openPostgresStore({ url, clock }), await openPostgresStore({ url, clock })];
  onTestFinished(async () => {
    for (const store of stores) await store.close();
    await drop();
  });
  return { url, sql: (text) => client.query(text), stores };
}

/** Stands between store and server, and cuts the connection once when `text` passes: before it arrives, or behind it. */
async function cutting(url: string): Promise<{ url: string; cut(when: "before" | "after", text: string): void }> {
  let plan: { when: "before" | "after"; text: string } | undefined;
  const { port, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  const proxy = createServer((from) => {
    const to = connect(Number(port), hostname);
    let silent = false;
    for (const socket of [from, to]) sockets.add(socket.on("error", () => {}));
    from
      .on("close", () => to.end())
      .on("data", (data) => {
        const hit = plan !== undefined && data.includes(plan.text) ? plan.when : undefined;
        if (hit !== undefined) plan = undefined;
        silent ||= hit === "after";
        if (hit === "before") from.destroy();
        else to.write(data);
      });
    // The answer is there: it took effect, and nobody hears of it.
    to.on("close", () => from.destroy()).on("data", (data) => (silent ? from.destroy() : from.write(data)));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const through = new URL(url);
  through.port = String((proxy.address() as { port: number }).port);
  return {
    url: through.href,
    cut(when, text) {
      plan = { when, text };
    },
  };
}

describe.skipIf(postgresUrl === null)("the store on PostgreSQL", () => {
  test.each([
    ["before it came to the server", "before", "COMMIT\0"],
    ["when only its answer was under way", "after", "COMMIT\0"],
    ["before anything was written", "before", "BEGIN"],
    ["in the middle", "before", "INSERT"],
  ] as const)("a commit takes effect exactly once where its connection is lost %s", async (_, when, text) => {
    const { url } = await openTwo();
    const proxy = await cutting(url);
    const store = await openPostgresStore({ url: proxy.url, clock });
    proxy.cut(when, text);
    await store.commit([put("a", 1), put("b", 1, { expect: 0 })]);
    expect((await store.list("p")).map(({ sk, version }) => [sk, version])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    await store.close();
  });

  test("a read is asked again where its connection is lost", async () => {
    const { url, sql, stores } = await openTwo();
    const named = await openPostgresStore({ url: `${url}&application_name=of-the-read`, clock });
    await stores[0].commit([put("a", 1)]);
    await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'of-the-read'");
    expect(await named.get({ pk: "p", sk: "a" })).toMatchObject({ data: 1 });
    await named.close();
    const proxy = await cutting(url);
    const store = await openPostgresStore({ url: proxy.url, clock });
    proxy.cut("before", "lookout_rows");
    expect(await store.list("p")).toHaveLength(1);
    await store.close();
  });

  test("a server that is killed and comes back is no more than a pause, and nothing that was committed is lost", async () => {
    const server = await startPostgres(postgresPrograms()!, ["fsync=on"]);
    onTestFinished(() => server.remove());
    const store = await openPostgresStore({ url: server.url, clock });
    store.peers!.identity();
    await store.commit([put("n", 0)]);
    server.stop("immediate");
    const writing = store.commit([put("n", 1, { expect: 1 })]);
    await server.start();
    await writing;
    expect(await store.get({ pk: "p", sk: "n" })).toMatchObject({ version: 2, data: 1 });
    await store.close();
  });

  test("many that write the same rows in any order are never in a deadlock, and lose nothing", async () => {
    const { stores } = await openTwo();
    const names = Array.from({ length: 12 }, (_, n) => `row ${n}`);
    const commits = Array.from({ length: 48 }, (_, n): Op[] => {
      const turned = names.map((_, at) => names[(at * 5 + n) % names.length]!).slice(0, 8);
      return turned.map((sk) => (n % 4 === 3 ? { op: "delete", pk: "p", sk } : put(sk, n)));
    });
    await Promise.all(commits.map((ops, n) => stores[n % 2]!.commit(ops)));
  });

  test("of two that each make what the other must not find, one at most succeeds", async () => {
    const { stores } = await openTwo();
    for (let n = 0; n < 20; n++) {
      const [a, b] = [`a${n}`, `b${n}`];
      const ops: Op[][] = [
        [put(a), { op: "check", pk: "p", sk: b, expect: 0 }],
        [put(b), { op: "check", pk: "p", sk: a, expect: 0 }],
      ];
      const results = await Promise.allSettled(ops.map((one, at) => stores[at]!.commit(one)));
      const failed = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      expect(failed.length).toBeGreaterThanOrEqual(1);
      for (const error of failed) expect(error).toBeInstanceOf(StoreConflict);
      expect(await stores[0].getMany([put(a), put(b)])).toHaveLength(2 - failed.length);
    }
  });

  test("a table that is emptied while it is in use takes no commit more, and says so", async () => {
    const { sql, stores } = await openTwo();
    await stores[0].commit([put("a")]);
    await sql("TRUNCATE lookout_rows");
    await expect(stores[0].commit([put("b")])).rejects.toThrow(StoreGone);
  });

  test("rows that expired are removed, a large commit is tried out, and every damaged row is found", async () => {
    const { sql, stores } = await openTwo();
    const [store] = stores;
    await store.commit(Array.from({ length: 1_200 }, (_, n) => put(`${n}`, n, n < 1_100 ? { expires: 5 } : {})));
    expect(await store.purge(clock.now())).toBe(1_100);
    await store.probe!(100_000);
    await sql("UPDATE lookout_rows SET data = '{}' WHERE sk = '1150'");
    const found: string[] = [];
    for await (const rows of store.verify!()) found.push(...rows.map(({ sk }) => sk));
    expect(found).toEqual(["1150"]);
    expect(await sql("SELECT 1 FROM lookout_rows")).toMatchObject({ rowCount: 101 });
  });
});
