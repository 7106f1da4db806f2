// The store-backed door to credentials: what is not proven is tried by one process, one request at a
// time; two refusals rest the connection for 10 minutes, doubling to 6 hours. A cloud locks a key after five failures.
// A resource that is refused while others are not is a suspect: it lets them go first, and stops nobody.
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../model/clock.ts";
import type { CloudError } from "../../sources/cloud/client.ts";
import type { CredentialAttempt, CredentialGate } from "../../sources/cloud/gate.ts";
import { type Store, StoreConflict } from "../../store/port.ts";
import type { Identity } from "../deps.ts";
import { type ConnectionRow, connectionKey, type RefusedCredentials } from "../persistence/rows.ts";
import { pausedError, replacedError, restingError } from "./credential-errors.ts";
import { accepts, hasProven, isResting, isSuspect, suspects } from "./suspects.ts";

const PAUSE_MS = 600_000;
const MAX_PAUSE_MS = 21_600_000;
/** How long one process may hold the only try; longer than a request takes. */
const LEASE_MS = 60_000;
const WAIT_MS = 200;
/** The lone try may never be answered: after so long another one is let past it, until so many hang. Fewer than lock a key. ms */
const PATIENCE_MS = 3_000;
const MAX_HANGING = 3;
/** Other resources that are remembered to be asked for, too. */
const SEEN = 64;

/** Proven credentials are tried alone again after this long without an answer: they may have been revoked meanwhile. ms */
const FRESH_MS = 30_000;

/** So many refused ones are remembered after others took their place, and for so long after their rest. ms */
const REMEMBERED = 5;
const REMEMBERED_MS = MAX_PAUSE_MS;

/**
 * `fingerprint` names the credentials without telling them: others than before start anew. `replaced` says whether others are
 * in their place by now: it is asked before what was refused, or what another process has no more, is tried again.
 */
export function createGate(
  { store, clock, identity }: { store: Store; clock: Clock; identity: Identity },
  connection: string,
  fingerprint: string,
  replaced: () => Promise<boolean>,
): CredentialGate {
  const key = connectionKey(connection);
  /** When an answer last proved the credentials in this process; undefined: nothing is known, or they were refused since. */
  let provenAt: number | undefined;
  let paused: ConnectionRow | undefined;
  /** The lone try: everyone else waits for its verdict. */
  let turn: Promise<void> = Promise.resolve();
  let endTurn: (() => void) | undefined;
  /** Lone tries without a verdict. */
  let hanging = 0;
  /** What is waited for. */
  const waiting: (string | undefined)[] = [];
  /** What this process asks for, the latest last. */
  const seen = new Set<string>();
  /** The row as it was read or written last. */
  let known: ConnectionRow | undefined;

  const isFresh = () => provenAt !== undefined && clock.now() - provenAt < FRESH_MS;

  /** Counts the refusals: an answer to what was asked before the last one proves nothing any more. */
  let refusals = 0;

  async function begin(about?: string): Promise<CredentialAttempt> {
    note(about);
    let taken: Turn;
    try {
      waiting.push(about);
      taken = await takeTurn(about);
    } finally {
      waiting.splice(waiting.indexOf(about), 1);
    }
    const asked: Asked = { about, began: refusals, wereProven: taken.wereProven };
    const verdict = () => {
      if (taken.alone) hanging--;
    };
    return {
      refused(error) {
        verdict();
        return refused(error, asked);
      },
      accepted() {
        verdict();
        return accepted(asked);
      },
      undecided() {
        verdict();
        return undecided();
      },
    };
  }

  function note(about: string | undefined): void {
    if (about === undefined) return;
    seen.delete(about);
    seen.add(about);
    if (seen.size > SEEN) seen.delete(seen.values().next().value!);
  }

  async function takeTurn(about: string | undefined): Promise<Turn> {
    while (!isFresh()) {
      if (endTurn === undefined) {
        const { promise, resolve } = Promise.withResolvers<void>();
        turn = promise;
        endTurn = resolve;
        try {
          const data = await takeLease(about);
          if (data !== undefined) {
            hanging++;
            return { alone: true, wereProven: data.proven };
          }
        } catch (error) {
          release();
          throw error;
        }
        release();
        if (!othersAre(waiting, about)) throw restingError(connection, known);
        // Whoever waits takes the turn now.
        await setImmediate();
        continue;
      }
      const end = endTurn;
      await Promise.race([turn, timePassed(PATIENCE_MS)]);
      if (endTurn === end && hanging > 0 && hanging < MAX_HANGING) release();
    }
    return { alone: false, wereProven: true };
  }

  /** Whether one of these resources is another one, and no suspect. */
  function othersAre(among: readonly (string | undefined)[], about: string | undefined): boolean {
    return among.some((other) => other !== undefined && other !== about && !isSuspect(known, other));
  }

  /**
   * Waits for the only try that all processes have; returns at once where the store says that the credentials are proven. Nothing
   * where it is others' to go first.
   */
  async function takeLease(about: string | undefined): Promise<ConnectionRow | undefined> {
    for (;;) {
      const row = rests(paused) ? undefined : await store.get<ConnectionRow>(key);
      const data = row ? standing(row.data) : (paused ?? fresh());
      known = data;
      if (data.proven) return data;
      const isDoubtful = data.refusals > 0 || (row && row.data.fingerprint !== fingerprint);
      if (isDoubtful && (await replaced())) throw replacedError(connection);
      if (rests(data)) {
        paused = data;
        throw pausedError(connection, data);
      }
      const now = clock.now();
      if (isResting(data, about, now) && othersAre([...seen, ...(data.provenBy ?? [])], about)) return undefined;
      if (!data.tried || data.tried.until <= now || data.tried.by === identity.id || identity.isGone(data.tried.by)) {
        const tried = { by: identity.id, until: now + LEASE_MS };
        if (await tryPut({ ...data, tried }, row?.version ?? 0)) return data;
      }
      await clock.sleep(WAIT_MS);
    }
  }

  function rests(data: ConnectionRow | undefined): boolean {
    return (data?.pausedUntil ?? 0) > clock.now();
  }

  /** What is known of these credentials where the row may be about others. */
  function standing(row: ConnectionRow): ConnectionRow {
    if (row.fingerprint === fingerprint) return row;
    const now = clock.now();
    const all = [...(row.refusedBefore ?? []), ...(row.refusals > 0 ? [refusedNow(row)] : [])];
    const known = all.filter(({ pausedUntil }) => pausedUntil > now - REMEMBERED_MS);
    const own = known.find((one) => one.fingerprint === fingerprint);
    const refusedBefore = known.filter((one) => one !== own).slice(-REMEMBERED);
    return { ...fresh(), ...own, ...(refusedBefore.length > 0 && { refusedBefore }) };
  }

  function refusedNow({ fingerprint, refusals, pausedUntil, error }: ConnectionRow): RefusedCredentials {
    return { fingerprint, refusals, pausedUntil: pausedUntil ?? clock.now(), error };
  }

  function fresh(): ConnectionRow {
    return { fingerprint, proven: false, refusals: 0, tried: null, pausedUntil: null, error: null };
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

  /** Changes the row, whoever else does so at the same time, and returns it; nothing is written where nothing changes. */
  async function update(change: (data: ConnectionRow) => ConnectionRow): Promise<ConnectionRow | undefined> {
    try {
      for (;;) {
        const row = await store.get<ConnectionRow>(key);
        // Others have been put in their place meanwhile: nothing that is said of the old ones is of interest.
        if (row && row.data.fingerprint !== fingerprint) return undefined;
        const next = change(row?.data ?? fresh());
        known = next;
        if (JSON.stringify(next) === JSON.stringify(row?.data) || (await tryPut(next, row?.version ?? 0))) return next;
      }
    } finally {
      release();
    }
  }

  function release(): void {
    endTurn?.();
    endTurn = undefined;
  }

  /**
   * A second refusal in a row rests the connection; those still under way when it rests make it no longer. It is of another
   * resource, or of the same one where nobody else was to go first. That a suspect is refused again, although the credentials
   * had been proven meanwhile, is no news: others only have to prove them anew.
   */
  async function refused(error: CloudError, { about, began, wereProven }: Asked): Promise<void> {
    const isLate = began !== refusals;
    provenAt = undefined;
    refusals++;
    const row = await update((data) => {
      const doubtful = suspects(data, about, clock.now());
      if (rests(data)) return doubtful;
      const doubted = { ...doubtful, proven: false, error: error.message, tried: null };
      if (isSuspect(data, about) && (wereProven || isLate)) return doubted;
      const inARow = data.refusals + 1;
      const pause = Math.min(PAUSE_MS * 2 ** Math.max(0, inARow - 2), MAX_PAUSE_MS);
      const pausedUntil = inARow >= 2 ? clock.now() + pause : null;
      return { ...doubted, refusals: inARow, pausedUntil };
    });
    if (row && rests(row)) throw pausedError(connection, row);
  }

  async function accepted({ about, began }: Asked): Promise<void> {
    if (began !== refusals) {
      // Asked before another target was refused: it proves nothing, but those refusals were not in a row.
      await update((data) => (data.pausedUntil ? data : { ...data, refusals: 0 }));
      return;
    }
    const wereKnown = provenAt !== undefined && hasProven(known, about);
    provenAt = clock.now();
    paused = undefined;
    if (wereKnown) return release();
    const proven = { proven: true, refusals: 0, error: null, tried: null, pausedUntil: null };
    await update((data) => ({ ...accepts(data, about), ...proven }));
  }

  async function undecided(): Promise<void> {
    if (provenAt !== undefined || endTurn === undefined) return release();
    await update((data) => (data.tried?.by === identity.id ? { ...data, tried: null } : data));
  }
  return { begin };
}

interface Turn {
  /** Whether it is a lone try. */
  alone: boolean;
  /** Whether the credentials were proven when it began. */
  wereProven: boolean;
}

interface Asked {
  about: string | undefined;
  /** How many refusals there had been when it began. */
  began: number;
  wereProven: boolean;
}

/** As a request's own limit, by the machine's time: nothing is decided by it but who asks next. */
function timePassed(ms: number): Promise<void> {
  return new Promise((resolve) => AbortSignal.timeout(ms).addEventListener("abort", () => resolve()));
}
