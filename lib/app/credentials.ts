// The store-backed door to credentials (contract, section 9.5): what is not proven is tried by one process, one request at a
// time; two refusals rest the connection for 10 minutes, doubling to 6 hours. A cloud locks a key after five failures.
import type { Clock } from "../model/clock.ts";
import { CloudError } from "../sources/client.ts";
import type { CredentialGate } from "../sources/gate.ts";
import { type Row, type Store, StoreConflict } from "../store/port.ts";
import type { Identity } from "./deps.ts";
import { type ConnectionRow, connectionKey } from "./rows.ts";

const PAUSE_MS = 600_000;
const MAX_PAUSE_MS = 21_600_000;
/** How long one process may hold the only try; longer than a request takes. */
const LEASE_MS = 60_000;
const WAIT_MS = 200;

/** `fingerprint` names the credentials without telling them: others than before start anew. */
export function createGate(
  { store, clock, identity }: { store: Store; clock: Clock; identity: Identity },
  connection: string,
  fingerprint: string,
): CredentialGate {
  const key = connectionKey(connection);
  let proven = false;
  let mine: Row<ConnectionRow> | undefined;
  let turn: Promise<void> = Promise.resolve();
  let endTurn: (() => void) | undefined;

  /** Waits for the only try. Returns with `mine` set, or undefined where the credentials have been proven meanwhile. */
  async function takeLease(): Promise<void> {
    for (;;) {
      const now = clock.now();
      const row = await store.get<ConnectionRow>(key);
      const data = row?.data.fingerprint === fingerprint ? row.data : undefined;
      if (data?.proven) {
        proven = true;
        return;
      }
      if (data?.pausedUntil && data.pausedUntil > now) throw pausedError(connection, data);
      if (!data?.tried || data.tried.until <= now || identity.isGone(data.tried.by)) {
        const fresh = { fingerprint, proven: false, refusals: 0, tried: null, pausedUntil: null, error: null };
        const next: ConnectionRow = { ...fresh, ...data, tried: { by: identity.id, until: now + LEASE_MS } };
        const version = row?.version ?? 0;
        if (await tryPut(next, version)) {
          mine = { ...key, version: version + 1, data: next };
          return;
        }
      }
      await clock.sleep(WAIT_MS);
    }
  }

  async function tryPut(data: ConnectionRow, expect: number): Promise<boolean> {
    try {
      await store.commit([{ op: "put", ...key, data, expect }]);
      return true;
    } catch (error) {
      if (error instanceof StoreConflict) return false;
      throw error;
    }
  }

  async function settle(change: (data: ConnectionRow) => ConnectionRow): Promise<void> {
    const held = mine;
    mine = undefined;
    try {
      if (held) await tryPut(change(held.data), held.version);
    } finally {
      endTurn?.();
      endTurn = undefined;
    }
  }

  async function before(): Promise<void> {
    if (proven) return;
    const earlier = turn;
    let end = () => {};
    turn = new Promise((resolve) => {
      end = resolve;
    });
    await earlier;
    try {
      if (!proven) await takeLease();
    } catch (error) {
      end();
      throw error;
    }
    if (proven) end();
    else endTurn = end;
  }

  async function refused(error: CloudError): Promise<void> {
    if (mine === undefined) {
      // They were good until now: from here on they are tried one request at a time again.
      proven = false;
      const row = await store.get<ConnectionRow>(key);
      if (row?.data.proven) await tryPut({ ...refusedRow(row.data, error.message), proven: false }, row.version);
      return;
    }
    await settle((data) => refusedRow(data, error.message));
  }

  /** A second refusal in a row rests the connection. */
  function refusedRow(data: ConnectionRow, error: string): ConnectionRow {
    const refusals = data.refusals + 1;
    const pause = Math.min(PAUSE_MS * 2 ** Math.max(0, refusals - 2), MAX_PAUSE_MS);
    return { ...data, refusals, error, tried: null, pausedUntil: refusals >= 2 ? clock.now() + pause : null };
  }

  async function accepted(): Promise<void> {
    if (proven || mine === undefined) return;
    proven = true;
    await settle((data) => ({ ...data, proven: true, refusals: 0, error: null, tried: null, pausedUntil: null }));
  }

  async function undecided(): Promise<void> {
    if (mine !== undefined) await settle((data) => ({ ...data, tried: null }));
  }
  return { before, refused, accepted, undecided };
}

function pausedError(connection: string, row: ConnectionRow): CloudError {
  const until = new Date(row.pausedUntil!).toISOString();
  const message = `connection "${connection}" is paused until ${until}: its credentials were refused (${row.error})`;
  return new CloudError("paused", message, { retryAt: row.pausedUntil! });
}
