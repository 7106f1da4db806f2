// One commit on PostgreSQL: a transaction that locks its rows in one order, compares what is expected with what is
// there, and writes. All transactions take their locks in that order, so that none waits in a circle.
import type { ClientBase } from "pg";
import { rowId } from "../ops.ts";
import { type Key, type Op, type Put, StoreConflict, StoreError, StoreGone } from "../port.ts";
import { isLost } from "./error.ts";
import { COLUMNS, keyArrays, PUTS, putArrays } from "./rows.ts";
import { checkState, MARK } from "./state.ts";

// What was committed is on the disk also where the server's default is not to wait for that.
// Also the rows of checks are locked as if they were written: one statement takes all locks in the order of the keys.
const LOCK = `WITH found AS (
    SELECT k.n, r.version, r.expires FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (pk, sk, n)
    JOIN lookout_rows r USING (pk, sk) ORDER BY r.pk, r.sk FOR UPDATE OF r)
  SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END,
  ${MARK} AS state, txid_current() AS txid, found.n, found.version, found.expires
  FROM (SELECT 1) AS one LEFT JOIN found ON true`;
// Rows that are there were locked before: it waits for nobody but for who makes the same row, in the order of the keys.
const INSERT = `INSERT INTO lookout_rows (${COLUMNS}) SELECT * FROM ${PUTS} ON CONFLICT DO NOTHING RETURNING pk, sk`;
const UPDATE = `UPDATE lookout_rows r SET version = p.version, data = p.data, packed = p.packed, queue = p.queue, due = p.due,
  expires = p.expires FROM ${PUTS} WHERE r.pk = p.pk AND r.sk = p.sk`;
const DELETE = `DELETE FROM lookout_rows r USING unnest($1::bytea[], $2::bytea[]) AS k (pk, sk)
  WHERE r.pk = k.pk AND r.sk = k.sk`;

export interface CommitContext {
  /** ms; the same for the whole commit. */
  now: number;
  /** Names the database. */
  name: string;
  /** Rung when the commit takes effect, where it leaves something due. */
  bell: { channel: string; payload: string };
}

/** The answer to COMMIT never came: the transaction's id tells whether it took effect. */
export class OutcomeUnknown extends Error {
  override name = "OutcomeUnknown";
  readonly txid: string;
  constructor(txid: string, cause: unknown) {
    super("the answer to a commit was lost", { cause });
    this.txid = txid;
  }
}

/**
 * False where a row that nothing is expected of came into being meanwhile: nothing was written, and the next try sees
 * it. Throws StoreConflict, StoreError, OutcomeUnknown or the driver's error. The ops have been checked.
 */
export async function commitOps(client: ClientBase, ops: readonly Op[], context: CommitContext): Promise<boolean> {
  const sorted = [...ops].sort(byKey);
  let txid: string;
  try {
    const began = client.query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    // Sent without waiting for the answer to the one before.
    const locking = client.query<Found>({ name: "lock", text: LOCK, values: keyArrays(sorted) });
    const [, { rows }] = await Promise.all([began, locking]);
    const plan = planOf(sorted, rows, ops, context);
    txid = rows[0]!.txid;
    if (!(await write(client, plan))) {
      await client.query("ROLLBACK");
      return false;
    }
    if (plan.rings) await client.query("SELECT pg_notify($1, $2)", [context.bell.channel, context.bell.payload]);
  } catch (error) {
    if (!isLost(error)) await client.query("ROLLBACK");
    throw error;
  }
  try {
    await client.query("COMMIT");
    return true;
  } catch (error) {
    throw isLost(error) ? new OutcomeUnknown(txid, error) : error;
  }
}

interface Plan {
  /** Rows that are not there: also those that must not come into being before this commit is over. */
  inserts: { put: Put; version: number }[];
  updates: { put: Put; version: number }[];
  deletes: Key[];
  rings: boolean;
}

interface Found {
  state: string | null;
  txid: string;
  n: string | null;
  version: string | null;
  expires: string | null;
}

function planOf(sorted: readonly Op[], rows: readonly Found[], ops: readonly Op[], { now, name }: CommitContext): Plan {
  const state = rows[0]?.state ?? null;
  if (state === null) {
    throw new StoreGone(
      `${name} holds the state no more: the table lookout_rows was emptied while it was in use, so this process ends. Restore a ` +
        "backup, with nothing running, and start again; without it Lookout starts anew",
    );
  }
  checkState(state, name);
  const found = new Map(rows.filter(({ n }) => n !== null).map((row) => [sorted[Number(row.n) - 1], row]));
  const liveVersion = (op: Op) => {
    const row = found.get(op);
    return row === undefined || Number(row.expires ?? Number.POSITIVE_INFINITY) <= now ? 0 : Number(row.version);
  };
  const failed = ops.filter((op) => op.expect !== undefined && op.expect !== liveVersion(op));
  if (failed.length > 0) throw conflictOf(failed);
  const plan: Plan = { inserts: [], updates: [], deletes: [], rings: false };
  for (const op of sorted) {
    if (op.op === "put") {
      (found.has(op) ? plan.updates : plan.inserts).push({ put: op, version: liveVersion(op) + 1 });
      plan.rings ||= op.due !== undefined && op.due <= now;
    } else if (found.has(op)) {
      if (op.op === "delete") plan.deletes.push(op);
    } else if (op.expect === 0) {
      // Nothing is there that could be locked.
      plan.inserts.push({ put: { op: "put", pk: op.pk, sk: op.sk, data: null, expect: 0 }, version: 0 });
      plan.deletes.push(op);
    }
  }
  return plan;
}

/** Whether all was written. Throws StoreConflict where a row is there by now that must not be. */
async function write(client: ClientBase, { inserts, updates, deletes }: Plan): Promise<boolean> {
  if (inserts.length > 0) {
    const { rows } = await client.query({ name: "insert", text: INSERT, values: putArrays(inserts) });
    if (rows.length < inserts.length) {
      const made = new Set(rows.map(({ pk, sk }) => rowId({ pk: String(pk), sk: String(sk) })));
      const failed = inserts.filter(({ put }) => put.expect === 0 && !made.has(rowId(put)));
      if (failed.length > 0) throw conflictOf(failed.map(({ put }) => put));
      return false;
    }
  }
  if (updates.length > 0) await client.query({ name: "update", text: UPDATE, values: putArrays(updates) });
  if (deletes.length > 0) await client.query({ name: "delete", text: DELETE, values: keyArrays(deletes) });
  return true;
}

/** Whether the transaction took effect; undefined while the server still works on it. Throws where nobody can tell. */
export async function tookEffect(client: ClientBase, { txid, cause }: OutcomeUnknown): Promise<boolean | undefined> {
  const { rows } = await client.query("SELECT txid_status($1::bigint) AS status", [txid]);
  const { status } = rows[0];
  if (status === "in progress") return undefined;
  if (status === "committed" || status === "aborted") return status === "committed";
  throw new StoreError("whether the newest commit took effect is not known any more: it is read anew", { cause });
}

export function conflictOf(keys: readonly Key[]): StoreConflict {
  return new StoreConflict(keys.map(({ pk, sk }) => ({ pk, sk })));
}

function byKey(a: Key, b: Key): number {
  return Buffer.compare(Buffer.from(a.pk), Buffer.from(b.pk)) || Buffer.compare(Buffer.from(a.sk), Buffer.from(b.sk));
}
