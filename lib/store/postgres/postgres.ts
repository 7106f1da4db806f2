// The store on one PostgreSQL table (state.ts), which any number of processes on any number of machines may use at
// once. A commit that returned is on the server's disk.
import type { PoolClient } from "pg";
import type { Clock } from "../../model/clock.ts";
import { checkCommit, checkKey, checkPartition, rowId } from "../ops.ts";
import type { Key, ListOptions, Op, Queue, Row, Store } from "../port.ts";
import { type CommitContext, commitOps, conflictOf, OutcomeUnknown, tookEffect } from "./commit.ts";
import { findServer, type Server } from "./connect.ts";
import { explain, isContention } from "./error.ts";
import { openPeers } from "./peers.ts";
import { type Connections, openPool } from "./pool.ts";
import { COLUMNS, cost, isWhole, keyArrays, type Stored, toRow } from "./rows.ts";
import { bringUpToDate } from "./state.ts";

/** No limit of PostgreSQL's: they keep a commit from holding its rows for long. */
const LIMITS = { items: 5_000, bytes: 16 * 1024 * 1024 };
/** Rows that one statement of `purge` removes, or of `verify` reads. */
const BATCH = 500;
/** How often a commit begins anew where rows came into being that it does not expect anything of. */
const TRIES = 10;

const LIVE = "(expires IS NULL OR expires > $1)";
const GET_MANY = `SELECT ${COLUMNS} FROM unnest($2::bytea[], $3::bytea[]) AS k (pk, sk) JOIN lookout_rows r USING (pk, sk)
  WHERE ${LIVE}`;
const DUE = `SELECT ${COLUMNS} FROM lookout_rows WHERE queue = $2 AND due BETWEEN $3 AND $4 AND ${LIVE}
  ORDER BY due LIMIT $5`;
/** What the store keeps for itself begins with NUL. */
const PAGE = `SELECT ${COLUMNS} FROM lookout_rows WHERE (pk, sk) > ($2, $3) AND pk >= '\\x01' AND ${LIVE}
  ORDER BY pk, sk LIMIT $4`;
const PURGE = `DELETE FROM lookout_rows WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM lookout_rows WHERE expires <= $1 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`;
const PROBE = `INSERT INTO lookout_rows (pk, sk, version, data, packed) VALUES ('\\x00', $1, 1, $2, false)`;

export interface PostgresOptions {
  /** postgres://user:password@host:port/database, every secret resolved. */
  url: string;
  clock: Clock;
}

/**
 * Opens the database, making or migrating the table. It and everything of the store throw StoreError where the database
 * cannot be used, saying what to do.
 */
export async function openPostgresStore({ url, clock }: PostgresOptions): Promise<Store> {
  const server = await find(url);
  const pool = openPool(server, clock);
  try {
    await guard(server, () => pool.use((client) => prepare(client, server)));
    const channel = await guard(server, () => pool.use(channelOf));
    return storeOver({ server, pool, clock, channel });
  } catch (error) {
    await pool.close();
    throw error;
  }
}

async function find(url: string): Promise<Server> {
  try {
    return await findServer(url);
  } catch (error) {
    throw explain(error, (error as { server?: Server }).server?.name ?? "the PostgreSQL database of store.url");
  }
}

async function prepare(client: PoolClient, { name }: Server): Promise<void> {
  await bringUpToDate(client, name);
}

/** The name under which commits ring: several states in one database have one each. */
async function channelOf(client: PoolClient): Promise<string> {
  const { rows } = await client.query("SELECT 'lookout_' || 'lookout_rows'::regclass::oid AS channel");
  return rows[0].channel;
}

interface Opened {
  server: Server;
  pool: Connections;
  clock: Clock;
  channel: string;
}

async function guard<T>({ name }: Server, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(error, name);
  }
}

function storeOver({ server, pool, clock, channel }: Opened): Store {
  const peers = openPeers({ server, clock, channel });

  function stored(name: string, text: string, values: unknown[]): Promise<Stored[]> {
    const query = { name, text, values, rowMode: "array" as const };
    return guard(server, async () => (await pool.use((client) => client.query<Stored>(query))).rows);
  }
  async function read<T>(name: string, text: string, values: unknown[]): Promise<Row<T>[]> {
    return (await stored(name, text, values)).map((row) => toRow<T>(row));
  }
  /** Every row, some at a time, in the order of the keys. */
  async function* pages(size: number): AsyncGenerator<Stored[]> {
    for (let last: Buffer[] = [Buffer.of(), Buffer.of()]; ; ) {
      const rows = await stored("page", PAGE, [clock.now(), ...last, size]);
      const end = rows.at(-1);
      if (end === undefined) return;
      last = [end[0], end[1]];
      yield rows;
    }
  }

  const store: Store = {
    limits: LIMITS,
    cost,
    async get<T>(key: Key) {
      const [row] = await store.getMany<T>([key]);
      return row;
    },
    async getMany<T>(keys: readonly Key[]) {
      keys.forEach(checkKey);
      if (keys.length === 0) return [];
      const distinct = new Map(keys.map((key) => [rowId(key), key]));
      return read<T>("get", GET_MANY, [clock.now(), ...keyArrays([...distinct.values()])]);
    },
    async list<T>(pk: string, options: ListOptions = {}) {
      checkPartition(pk);
      const { name, text, values } = listing(pk, options, clock.now());
      return read<T>(name, text, values);
    },
    async due<T>(queue: Queue, until: number, limit: number, from = 0) {
      return read<T>("due", DUE, [clock.now(), queue, from, until, limit]);
    },
    async commit(ops) {
      checkCommit(store, ops);
      if (ops.length === 0) return;
      await guard(server, async () => {
        await peers.known();
        const bell = { channel, payload: peers.own() };
        const context = { now: clock.now(), name: server.name, bell };
        for (let attempt = 1; !(await commitOnce(pool, ops, context)); attempt++)
          if (attempt === TRIES) throw conflictOf(ops);
      });
    },
    async probe(bytes) {
      const data = Buffer.alloc(Math.min(bytes, LIMITS.bytes));
      const work = async (client: PoolClient) => {
        await client.query("BEGIN");
        // Its place on the disk is taken by now.
        await client.query(PROBE, [Buffer.from(peers.own()), data]).finally(() => client.query("ROLLBACK"));
      };
      await guard(server, () => pool.use(work));
    },
    async *verify() {
      for await (const page of pages(BATCH)) yield page.filter((row) => !isWhole(row)).map((row) => toRow(row));
    },
    async *all() {
      for await (const page of pages(BATCH / 10)) yield page.map((row) => toRow(row));
    },
    async purge(before) {
      for (let total = 0; ; ) {
        const { rowCount } = await guard(server, () => pool.use((client) => client.query(PURGE, [before])));
        total += rowCount ?? 0;
        if ((rowCount ?? 0) < BATCH) return total;
      }
    },
    peers,
    async close() {
      await peers.close();
      await pool.close();
    },
  };
  return store;
}

/** Whether it took effect; where not, another try may succeed. */
async function commitOnce(pool: Connections, ops: readonly Op[], context: CommitContext): Promise<boolean> {
  try {
    return await pool.use((client) => commitOps(client, ops, context));
  } catch (error) {
    if (isContention(error)) throw conflictOf(ops);
    if (!(error instanceof OutcomeUnknown)) throw error;
    const took = await pool.ask((client) => tookEffect(client, error));
    if (took === undefined) throw error.cause;
    return took;
  }
}

/** Bytes are ordered as unsigned numbers: a prefix is a range. */
function listing(pk: string, { prefix = "", after, limit, reverse = false }: ListOptions, now: number) {
  const conditions = ["pk = $2", LIVE];
  const values: unknown[] = [now, Buffer.from(pk)];
  const add = (condition: string, value: unknown) => conditions.push(`${condition} $${values.push(value)}`);
  if (prefix !== "") {
    const end = Buffer.from(prefix);
    end[end.length - 1] = end.at(-1)! + 1;
    add("sk >=", Buffer.from(prefix));
    // No byte of UTF-8 is 255.
    add("sk <", end);
  }
  if (after !== undefined) add(reverse ? "sk <" : "sk >", Buffer.from(after));
  const order = `ORDER BY sk ${reverse ? "DESC" : "ASC"}`;
  const most = limit === undefined ? "" : ` LIMIT $${values.push(limit)}`;
  const has = [prefix !== "", after !== undefined, limit !== undefined, reverse];
  const name = `list ${has.map(Number).join("")}`;
  return {
    name,
    text: `SELECT ${COLUMNS} FROM lookout_rows WHERE ${conditions.join(" AND ")} ${order}${most}`,
    values,
  };
}
