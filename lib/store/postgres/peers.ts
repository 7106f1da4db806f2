// Who else has the state open, and their doorbell. A process that lives holds a lock of its session, which the server
// takes away when its connection ends: whoever has none for a moment is gone, wherever it ran.
import { randomInt, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Client } from "pg";
import type { Clock } from "../../model/clock.ts";
import { type Peers, StoreError } from "../port.ts";
import { limitSession, type Server } from "./connect.ts";

/** "LKOT": tells the locks from those of other programs. */
const CLASS = 0x4c4b4f54;
/** How often a process looks who is there; ms. */
const LOOK_MS = 500;
/**
 * Who is in no look for so long is gone, counted from when it was missed first. One that only lost its connection has
 * another by then, and commits nothing before; ms.
 */
const GONE_MS = 1_500;
/** A view that is older says nothing any more; ms. */
const STALE_MS = 3_000;
/** How long a commit waits until this process has its lock again; ms. */
const PATIENCE = 8_000;
const PAUSE = 200;

/** A machine that is switched off says no farewell: the server asks, and ends the session within seconds. */
const KEEPALIVE = `SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2;
  SET tcp_user_timeout = 4000`;
const PRESENT = `SELECT objid::bigint AS token FROM pg_locks WHERE locktype = 'advisory' AND classid = ${CLASS} AND objsubid = 2
  AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

interface Options {
  server: Server;
  clock: Clock;
  /** Under which commits ring. */
  channel: string;
}

export interface PostgresPeers extends Peers {
  /** What this process's own rings say. */
  own(): string;
  /** Resolves once the others see that this process lives, where it has an identity. Throws StoreError. */
  known(): Promise<void>;
  close(): Promise<void>;
}

export function openPeers({ server, clock, channel }: Options): PostgresPeers {
  const token = randomInt(1, 2 ** 31);
  const instance = randomUUID();
  const over = new AbortController();
  /** Own identities: the newest is this process, those before it are gone. */
  let newest: string | undefined;
  const ring = new Set<() => void>();
  let view: View | undefined;
  /** When the lock was last known to be held. */
  let heldAt: number | undefined;
  /** Until then others may take this process for gone. */
  let missedUntil = Number.NEGATIVE_INFINITY;
  let watching: Promise<void> | undefined;

  /** One connection for as long as it lasts. */
  async function watch(): Promise<void> {
    const client = new Client({ ...server.config, query_timeout: STALE_MS });
    const ended = new AbortController();
    const signal = AbortSignal.any([over.signal, ended.signal]);
    client.on("error", () => {}).on("end", () => ended.abort());
    client.on("notification", ({ payload }) => {
      if (payload !== instance) for (const wake of ring) wake();
    });
    try {
      await client.connect();
      await limitSession(client);
      await client.query(`${KEEPALIVE}; LISTEN ${channel}`);
      // Shared with a session of its own that the server does not know to be lost yet.
      await client.query("SELECT pg_advisory_lock_shared($1, $2)", [CLASS, token]);
      const lockedAt = performance.now();
      if (heldAt !== undefined && lockedAt - heldAt >= GONE_MS) missedUntil = lockedAt + STALE_MS;
      while (!signal.aborted) {
        const at = performance.now();
        const present = await presentIn(client);
        // A pooler between here and the server may have given the session to another.
        if (!present.has(token)) return;
        heldAt = at;
        view = viewAfter(view, at, present);
        await clock.sleep(LOOK_MS, signal).catch(() => {});
      }
    } finally {
      view = undefined;
      client.end().catch(() => {});
    }
  }

  async function watchForever(): Promise<void> {
    while (!over.signal.aborted) {
      // Why it cannot be reached, the next commit says.
      await watch().catch(() => {});
      await clock.sleep(PAUSE, over.signal).catch(() => {});
    }
  }

  const isGone = (id: string) => isGoneBy(view, id, token, newest);

  return {
    identity() {
      watching ??= watchForever();
      const id = `${KIND}/${token}/${hostname()}/${process.pid}/${randomUUID()}`;
      newest = id;
      return { id, isGone };
    },
    onDue(wake) {
      watching ??= watchForever();
      ring.add(wake);
    },
    own: () => instance,
    async known() {
      if (watching === undefined) return;
      const began = performance.now();
      for (;;) {
        const now = performance.now();
        // After a stall nobody knows whether it was held all the time: the next look tells.
        const isHeld = view !== undefined && now - view.at <= GONE_MS;
        // Where it was missing for long, all views in use are to be younger than the lock.
        if (isHeld && now >= missedUntil) return;
        if (over.signal.aborted || (!isHeld && now - began > PATIENCE)) {
          throw unreachable(server.name);
        }
        await clock.sleep(PAUSE / 10, over.signal).catch(() => {});
      }
    },
    async close() {
      over.abort();
      await watching;
    },
  };
}

const KIND = "postgres";

function unreachable(server: string): StoreError {
  return new StoreError(`${server} cannot be reached any more: check that the server runs, and the network`);
}

async function presentIn(client: Client): Promise<Set<number>> {
  const { rows } = await client.query<{ token: string }>(PRESENT);
  return new Set(rows.map(({ token }) => Number(token)));
}

/** Who was seen, as far as the present connection knows; by performance.now(). */
interface View {
  /** When the newest look began. */
  at: number;
  /** Who was there. */
  present: ReadonlySet<number>;
  /** Since when who was met, and was not there, is missed; also who was never seen may just have come. */
  readonly absent: Map<number, number>;
}

function viewAfter(before: View | undefined, at: number, present: ReadonlySet<number>): View {
  const absent = new Map(before?.absent);
  for (const one of before?.present ?? []) if (!present.has(one)) absent.set(one, performance.now());
  for (const one of present) absent.delete(one);
  return { at, present, absent };
}

/** `own`: this process's number, `newest`: its identity. */
function isGoneBy(view: View | undefined, id: string, own: number, newest: string | undefined): boolean {
  const [kind, text] = id.split("/");
  if (kind !== KIND) return false;
  const token = Number(text);
  if (token === own) return id !== newest;
  const now = performance.now();
  if (view === undefined || now - view.at > STALE_MS || view.present.has(token)) return false;
  const since = view.absent.get(token) ?? now;
  view.absent.set(token, since);
  return view.at - since >= GONE_MS;
}
