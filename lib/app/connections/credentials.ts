// The store-backed gate to credentials: what is not proven is tried by one process, one request at a time.
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../model/clock.ts";
import type { CloudError } from "../../sources/cloud/client.ts";
import type { CredentialAttempt, CredentialGate } from "../../sources/cloud/gate.ts";
import { type Key, type Store, StoreConflict } from "../../store/port.ts";
import type { Identity } from "../deps.ts";
import { type ConnectionRow, connectionKey } from "../persistence/rows.ts";
import {
  type Asked,
  afterProof,
  afterRefusal,
  freshRow,
  isPaused,
  pausedError,
  replacedError,
  restingError,
  rowOf,
} from "./credential-row.ts";
import { hasProven, isResting, isSuspect } from "./suspects.ts";

/** How long one process may hold the only try; longer than a request takes. */
const LEASE_MS = 60_000;
const WAIT_MS = 200;
/**
 * The lone try may never be answered: after so long another one is let past it, until so many hang. Fewer than lock a
 * key. ms
 */
const PATIENCE_MS = 3_000;
const MAX_HANGING = 3;
/** Other resources that are remembered to be asked for, too. */
const SEEN = 64;
/**
 * Proven credentials are tried alone again after this long without an answer: they may have been revoked meanwhile. ms
 */
const FRESH_MS = 30_000;

interface Deps {
  store: Store;
  clock: Clock;
  identity: Identity;
}

/** What this process knows of one connection's credentials, and who waits for them. */
interface Gate extends Deps {
  connection: string;
  key: Key;
  fingerprint: string;
  replaced(): Promise<boolean>;
  /**
   * When an answer last proved the credentials in this process; undefined: nothing is known, or they were refused
   * since.
   */
  provenAt: number | undefined;
  /** The row as it was when the connection was found to rest. */
  paused: ConnectionRow | undefined;
  /** The row as it was read or written last. */
  known: ConnectionRow | undefined;
  /** Their number: an answer to what was asked before the last one proves nothing any more. */
  refusals: number;
  /** The lone try: everyone else waits for its verdict. */
  lone: { over: Promise<void>; end: () => void } | undefined;
  /** Lone tries without a verdict. */
  hanging: number;
  /** What is waited for. */
  waiting: (string | undefined)[];
  /** What this process asks for, the latest last. */
  seen: Set<string>;
}

/**
 * A cloud locks a key after five failures: two refusals rest the connection for 10 minutes, doubling to 6 hours. A
 * resource that is refused while others are not is a suspect: it lets them go first, and stops nobody.
 *
 * `fingerprint` names the credentials without showing them: others than before start anew. `replaced` says whether
 * others are in their place by now: it is asked before what was refused, or what another process has no more, is tried
 * again.
 */
export function createGate(
  deps: Deps,
  connection: string,
  fingerprint: string,
  replaced: () => Promise<boolean>,
): CredentialGate {
  const gate: Gate = {
    ...deps,
    connection,
    key: connectionKey(connection),
    fingerprint,
    replaced,
    provenAt: undefined,
    paused: undefined,
    known: undefined,
    refusals: 0,
    lone: undefined,
    hanging: 0,
    waiting: [],
    seen: new Set(),
  };
  return { begin: (about) => begin(gate, about) };
}

async function begin(gate: Gate, about: string | undefined): Promise<CredentialAttempt> {
  note(gate, about);
  let turn: Turn;
  try {
    gate.waiting.push(about);
    turn = await takeTurn(gate, about);
  } finally {
    gate.waiting.splice(gate.waiting.indexOf(about), 1);
  }
  const asked: Asked = { about, began: gate.refusals, wereProven: turn.wereProven };
  const verdict = () => {
    if (turn.alone) gate.hanging--;
  };
  return {
    refused(error) {
      verdict();
      return refused(gate, error, asked);
    },
    accepted() {
      verdict();
      return accepted(gate, asked);
    },
    undecided() {
      verdict();
      return undecided(gate);
    },
  };
}

function note({ seen }: Gate, about: string | undefined): void {
  if (about === undefined) return;
  seen.delete(about);
  seen.add(about);
  if (seen.size > SEEN) seen.delete(seen.values().next().value!);
}

interface Turn {
  /** Whether it is a lone try. */
  alone: boolean;
  /** Whether the credentials were proven when it began. */
  wereProven: boolean;
}

async function takeTurn(gate: Gate, about: string | undefined): Promise<Turn> {
  while (!isFresh(gate)) {
    if (gate.lone !== undefined) {
      await waitForLone(gate, gate.lone);
      continue;
    }
    const turn = await goAlone(gate, about);
    if (turn !== undefined) return turn;
    if (!othersAre(gate, gate.waiting, about)) throw restingError(gate.connection, gate.known);
    // Whoever waits takes the turn now.
    await setImmediate();
  }
  return { alone: false, wereProven: true };
}

function isFresh({ provenAt, clock }: Gate): boolean {
  return provenAt !== undefined && clock.now() - provenAt < FRESH_MS;
}

async function waitForLone(gate: Gate, lone: NonNullable<Gate["lone"]>): Promise<void> {
  await Promise.race([lone.over, timePassed(PATIENCE_MS)]);
  if (gate.lone === lone && gate.hanging > 0 && gate.hanging < MAX_HANGING) release(gate);
}

/** As a request's own limit, by the machine's time: nothing is decided by it but who asks next. */
function timePassed(ms: number): Promise<void> {
  return new Promise((resolve) => AbortSignal.timeout(ms).addEventListener("abort", () => resolve()));
}

/** Takes the lone try, of this process and of all; nothing where it is others' to go first. */
async function goAlone(gate: Gate, about: string | undefined): Promise<Turn | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.lone = { over: promise, end: resolve };
  let row: ConnectionRow | undefined;
  try {
    row = await takeLease(gate, about);
  } finally {
    if (row === undefined) release(gate);
  }
  if (row === undefined) return undefined;
  gate.hanging++;
  return { alone: true, wereProven: row.proven };
}

function release(gate: Gate): void {
  gate.lone?.end();
  gate.lone = undefined;
}

/**
 * Waits for the only try that all processes have; returns at once where the store says that the credentials are proven.
 * Nothing where it is others' to go first.
 */
async function takeLease(gate: Gate, about: string | undefined): Promise<ConnectionRow | undefined> {
  const { clock, identity } = gate;
  for (;;) {
    const { row, version } = await readRow(gate);
    if (row.proven) return row;
    const now = clock.now();
    if (isResting(row, about, now) && othersAre(gate, [...gate.seen, ...(row.provenBy ?? [])], about)) return undefined;
    const tried = { by: identity.id, until: now + LEASE_MS };
    if (isFree(gate, row, now) && (await tryPut(gate, { ...row, tried }, version))) return row;
    await clock.sleep(WAIT_MS);
  }
}

/** What is known of these credentials by now. Throws where they rest, or others are in their place. */
async function readRow(gate: Gate): Promise<{ row: ConnectionRow; version: number }> {
  const { store, clock, key, fingerprint } = gate;
  const stored = isPaused(gate.paused, clock.now()) ? undefined : await store.get<ConnectionRow>(key);
  const row = stored ? rowOf(fingerprint, stored.data, clock.now()) : (gate.paused ?? freshRow(fingerprint));
  const version = stored?.version ?? 0;
  gate.known = row;
  if (row.proven) return { row, version };
  const isDoubtful = row.refusals > 0 || (stored && stored.data.fingerprint !== fingerprint);
  if (isDoubtful && (await gate.replaced())) throw replacedError(gate.connection);
  if (!isPaused(row, clock.now())) return { row, version };
  gate.paused = row;
  throw pausedError(gate.connection, row);
}

function isFree({ identity }: Gate, { tried }: ConnectionRow, now: number): boolean {
  return !tried || tried.until <= now || tried.by === identity.id || identity.isGone(tried.by);
}

/** Whether one of these resources is another one, and no suspect. */
function othersAre({ known }: Gate, among: readonly (string | undefined)[], about: string | undefined): boolean {
  return among.some((other) => other !== undefined && other !== about && !isSuspect(known, other));
}

async function tryPut({ store, key }: Gate, data: ConnectionRow, expect: number): Promise<boolean> {
  try {
    await store.commit([{ op: "put", ...key, data, expect }]);
    return true;
  } catch (error) {
    if (error instanceof StoreConflict) return false;
    throw error;
  }
}

async function refused(gate: Gate, error: CloudError, asked: Asked): Promise<void> {
  const { connection, clock } = gate;
  const isLate = asked.began !== gate.refusals;
  gate.provenAt = undefined;
  gate.refusals++;
  const row = await update(gate, (before) => afterRefusal(before, error, asked, isLate, clock.now()));
  if (row && isPaused(row, clock.now())) throw pausedError(connection, row);
}

async function accepted(gate: Gate, { about, began }: Asked): Promise<void> {
  if (began !== gate.refusals) {
    // Asked before another target was refused: it proves nothing, but those refusals were not in a row.
    await update(gate, (row) => (row.pausedUntil ? row : { ...row, refusals: 0 }));
    return;
  }
  const wereKnown = gate.provenAt !== undefined && hasProven(gate.known, about);
  gate.provenAt = gate.clock.now();
  gate.paused = undefined;
  if (wereKnown) return release(gate);
  await update(gate, (row) => afterProof(row, about));
}

async function undecided(gate: Gate): Promise<void> {
  if (gate.provenAt !== undefined || gate.lone === undefined) return release(gate);
  await update(gate, (row) => (row.tried?.by === gate.identity.id ? { ...row, tried: null } : row));
}

/** Changes the row, whoever else does so at the same time, and returns it; nothing is written where nothing changes. */
async function update(gate: Gate, change: (row: ConnectionRow) => ConnectionRow): Promise<ConnectionRow | undefined> {
  const { store, key, fingerprint } = gate;
  try {
    for (;;) {
      const row = await store.get<ConnectionRow>(key);
      // Others have been put in their place meanwhile: nothing that is said of the old ones is of interest.
      if (row && row.data.fingerprint !== fingerprint) return undefined;
      const next = change(row?.data ?? freshRow(fingerprint));
      gate.known = next;
      if (JSON.stringify(next) === JSON.stringify(row?.data)) return next;
      if (await tryPut(gate, next, row?.version ?? 0)) return next;
    }
  } finally {
    release(gate);
  }
}
