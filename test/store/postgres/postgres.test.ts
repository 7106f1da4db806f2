// The store on PostgreSQL, against Debian's server.
import { setTimeout } from "node:timers/promises";
import { describe } from "vitest";
import { openPostgresStore } from "../../../lib/store/postgres/postgres.ts";
import { freshSchema, postgresUrl } from "../../support/postgres.ts";
import { lastingStoreContract } from "../contract.ts";

const sleep = (ms: number, signal?: AbortSignal) => setTimeout(ms, undefined, { signal });
const MARKED = "WHERE pk = '\\x00' AND sk = '\\x00'";

describe.skipIf(postgresUrl === null)("the store on PostgreSQL", () => {
  lastingStoreContract(async (now) => {
    const { url, client, drop } = await freshSchema();
    const open = () => openPostgresStore({ url, clock: { now, sleep } });
    return {
      stores: [await open(), await open()],
      state: {
        async mark(version) {
          if (version === undefined) await client.query(`DELETE FROM lookout_rows ${MARKED}`);
          else await client.query(`UPDATE lookout_rows SET version = $1 ${MARKED}`, [version]);
        },
        async marked() {
          const { rows } = await client.query(`SELECT version FROM lookout_rows ${MARKED}`);
          return rows[0] && Number(rows[0].version);
        },
        async edit({ pk, sk }, change) {
          const key = [Buffer.from(pk), Buffer.from(sk)];
          const { rows } = await client.query("SELECT data FROM lookout_rows WHERE pk = $1 AND sk = $2", key);
          const data = Buffer.from(change(String(rows[0].data)));
          await client.query("UPDATE lookout_rows SET data = $3 WHERE pk = $1 AND sk = $2", [...key, data]);
        },
        reopen: open,
      },
      clean: drop,
    };
  });
});
