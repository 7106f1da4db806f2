// The store on PostgreSQL behind a pooler that takes no parameters at the start of a connection, as PgBouncer does.
import { connect, createServer, type Server, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { findServer } from "../../../lib/store/postgres/connect.ts";
import { openPool } from "../../../lib/store/postgres/pool.ts";
import { openPostgresStore } from "../../../lib/store/postgres/postgres.ts";
import { freshSchema, postgresUrl } from "../../support/postgres.ts";

/** What PgBouncer takes (https://www.pgbouncer.org/config.html#ignore_startup_parameters). */
const TAKEN = new Set(["user", "database", "client_encoding", "DateStyle", "TimeZone", "application_name"]);
/** Of a startup message: its length and the version of the protocol. */
const HEAD = 8;

/** Of a client's first message: the names of its parameters. */
function startupParameters(message: Buffer): string[] {
  const texts = message.subarray(HEAD).toString("utf8").split("\0");
  return texts.filter((name, at) => at % 2 === 0 && name !== "");
}

/** An error as the server says it: https://www.postgresql.org/docs/current/protocol-error-fields.html */
function fatal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** Between a client and the server of `url`: refuses parameters as PgBouncer does, and else lets everything through. */
async function pooler(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const server: Server = createServer((from) => {
    sockets.add(from.on("error", () => {}));
    from.once("data", (first) => {
      const refused = startupParameters(first).find((name) => !TAKEN.has(name));
      if (refused !== undefined) return void from.end(fatal("08P01", `unsupported startup parameter: ${refused}`));
      const to = connect(Number(port), hostname);
      sockets.add(to.on("error", () => {}));
      to.write(first);
      from.pipe(to).pipe(from);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const through = new URL(url);
  through.port = String((server.address() as { port: number }).port);
  through.searchParams.set("sslmode", "disable");
  return through.href;
}

describe.skipIf(postgresUrl === null)("behind a pooler that refuses parameters of a connection's start", () => {
  test("the store is used, by all of its connections", async () => {
    const store = await openPostgresStore({ url: await pooler(postgresUrl!), clock: wallClock });
    onTestFinished(() => store.close());
    const { id } = store.peers!.identity();
    await store.commit([{ op: "put", pk: "pooler", sk: id, data: 1 }]);
    expect(await store.get({ pk: "pooler", sk: id })).toMatchObject({ data: 1 });
    await store.commit([{ op: "delete", pk: "pooler", sk: id }]);
  });

  test("each connection has the server's limits from its first use on", async () => {
    const pool = openPool(await findServer(await pooler(postgresUrl!)), wallClock);
    onTestFinished(() => pool.close());
    const limits = () =>
      pool.use(async (client) => {
        const names = ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"];
        return Promise.all(names.map(async (name) => Object.values((await client.query(`SHOW ${name}`)).rows[0])[0]));
      });
    const all = await Promise.all([limits(), limits(), limits()]);
    expect(new Set(all.map(String))).toEqual(new Set(["15s,10s,5s"]));
  });

  test("a parameter of the URL that it refuses is named, and what to do", async () => {
    const { url, drop } = await freshSchema();
    onTestFinished(drop);
    const opening = openPostgresStore({ url: await pooler(url), clock: wallClock });
    await expect(opening).rejects.toThrow(
      /refuses what was sent: unsupported startup parameter: options\. .*pool_mode = session, and takes no options=/,
    );
  });
});
