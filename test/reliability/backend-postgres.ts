// The processes' common state in a schema of Debian's PostgreSQL, as on several machines.
import { openPostgresStore } from "../../lib/store/postgres/postgres.ts";
import { freshSchema } from "../support/postgres.ts";
import type { Backend } from "./backends.ts";
import { T0 } from "./story.ts";

export async function postgresSchema(): Promise<Backend> {
  const { url, drop } = await freshSchema();
  let time = () => T0;
  const store = await openPostgresStore({ url, clock: { now: () => time(), sleep: async () => {} } });
  return {
    open(now) {
      time = now;
      return { ...store, close: async () => {} };
    },
    // Who is gone they find out by a clock of their own: test/e2e/shared-database.test.ts.
    knowsDeaths: false,
    async close() {
      await store.close();
      await drop();
    },
  };
}
