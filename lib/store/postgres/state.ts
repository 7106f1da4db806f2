// The one table, and the version of Lookout's state in it: made and marked where new, migrated where older, refused
// where newer or damaged.
import type { ClientBase } from "pg";
import { checkVersion, STATE_VERSION } from "../ops.ts";

/** Keys are bytes: they are ordered by their UTF-8 whatever the collation, and may hold NUL. */
const TABLE = `CREATE TABLE IF NOT EXISTS lookout_rows (
  pk bytea NOT NULL, sk bytea NOT NULL, version bigint NOT NULL, data bytea NOT NULL, packed boolean NOT NULL,
  queue text, due bigint, expires bigint,
  PRIMARY KEY (pk, sk)
);
ALTER TABLE lookout_rows ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS lookout_rows_due ON lookout_rows (queue, due) WHERE queue IS NOT NULL;
CREATE INDEX IF NOT EXISTS lookout_rows_expires ON lookout_rows (expires) WHERE expires IS NOT NULL;`;

/** Step n makes state version n + 1 of version n; a new table is of version 0. */
const MIGRATIONS: readonly string[] = [TABLE];

/** No row's partition begins with NUL. */
export const MARK = `(SELECT version FROM lookout_rows WHERE pk = '\\x00'::bytea AND sk = '\\x00'::bytea)`;
/** Any number that other programs do not use: those who migrate wait for each other. */
const LOCK = "pg_advisory_xact_lock(x'4c4b4f54'::int, 0)";

/** Throws StoreError, or the driver's error. */
export async function bringUpToDate(client: ClientBase, name: string): Promise<void> {
  if ((await versionIn(client, name)) === STATE_VERSION) return;
  await client.query(`BEGIN; SELECT ${LOCK}`);
  try {
    const version = await versionIn(client, name);
    // Whatever commits now is awaited, and sees the new version.
    if (version !== undefined) await client.query("LOCK TABLE lookout_rows IN EXCLUSIVE MODE");
    for (const step of MIGRATIONS.slice(version ?? 0)) await client.query(step);
    await client.query(
      `INSERT INTO lookout_rows (pk, sk, version, data, packed) VALUES ('\\x00', '\\x00', ${STATE_VERSION}, '', false)
        ON CONFLICT (pk, sk) DO UPDATE SET version = excluded.version`,
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** Undefined where there is no table; 0 where it has no mark. */
async function versionIn(client: ClientBase, name: string): Promise<number | undefined> {
  const { rows } = await client.query("SELECT to_regclass('lookout_rows') IS NOT NULL AS there");
  if (!rows[0].there) return undefined;
  const { rows: marks } = await client.query(`SELECT ${MARK} AS version`);
  return checkState(marks[0].version ?? "0", name);
}

/** The version as it is stored. Throws StoreError where this build can neither use nor migrate it. */
export function checkState(mark: string, name: string): number {
  return checkVersion(mark, name, "name another database in store.url");
}
