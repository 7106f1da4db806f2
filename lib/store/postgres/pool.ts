// Connections to the database, made anew when they are lost: work that took no effect yet is done again for a while, so
// that a restart of the server is no more than a pause.
import { Pool, type PoolClient } from "pg";
import type { Clock } from "../../model/clock.ts";
import { limitSession, type Server } from "./connect.ts";
import { isLost } from "./error.ts";

/** Reads come side by side, commits one after the other. */
const CONNECTIONS = 4;
/** How long lost connections are tried anew; ms. */
const PATIENCE = 8_000;
const PAUSE = 250;

export interface Connections {
  /** Runs the work on a connection of its own, and again where that was lost. */
  use<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  /** Likewise until the answer is not undefined; undefined where it never is in time. */
  ask<T>(work: (client: PoolClient) => Promise<T | undefined>): Promise<T | undefined>;
  close(): Promise<void>;
}

export function openPool({ config }: Server, clock: Clock): Connections {
  const pool = new Pool({
    ...config,
    max: CONNECTIONS,
    idleTimeoutMillis: 30_000,
    pipeline: true,
    onConnect: limitSession,
  });
  // One that is lost while nothing uses it: the next piece of work has another.
  pool.on("error", () => {});
  let closed = false;

  async function once<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let lost = false;
    // Reported on its query, too.
    const onError = () => {};
    client.on("error", onError);
    try {
      return await work(client);
    } catch (error) {
      lost = isLost(error);
      throw error;
    } finally {
      client.off("error", onError);
      client.release(lost);
    }
  }

  async function use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const began = performance.now();
    for (;;) {
      try {
        return await once(work);
      } catch (error) {
        if (closed || !isLost(error) || performance.now() - began > PATIENCE) throw error;
        await clock.sleep(PAUSE);
      }
    }
  }
  return {
    use,
    async ask(work) {
      const began = performance.now();
      for (;;) {
        const answer = await use(work);
        if (answer !== undefined || performance.now() - began > PATIENCE) return answer;
        await clock.sleep(PAUSE);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      await pool.end();
    },
  };
}
