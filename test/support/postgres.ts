// A PostgreSQL for tests: its address (null where this machine has none) and schemas of one's own in it.
import { Client } from "pg";
import { inject } from "vitest";
import "./global-setup.ts";

export const postgresUrl = inject("postgres");

let schemas = 0;

/** An empty schema: the URL under which it looks like a database of its own, and a client in it. */
export async function freshSchema(): Promise<{ url: string; client: Client; drop(): Promise<void> }> {
  const name = `lookout_${process.pid}_${++schemas}`;
  const url = new URL(postgresUrl ?? "postgres://127.0.0.1:1/postgres");
  url.searchParams.set("options", `-c search_path=${name}`);
  url.searchParams.set("sslmode", "disable");
  const client = new Client(url.href);
  client.on("error", () => {});
  await client.connect();
  await client.query(`SET client_min_messages = warning; CREATE SCHEMA ${name}`);
  return {
    url: url.href,
    client,
    async drop() {
      await client.query(`DROP SCHEMA ${name} CASCADE`);
      await client.end();
    },
  };
}
