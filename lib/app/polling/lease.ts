// Who polls a source or a shard of it, and whether another daemon may take that over.

import { rowId } from "../../store/ops.ts";
import type { Row } from "../../store/port.ts";
import type { App, Identity } from "../deps.ts";
import { type Claim, LEASE_MS, type SourceRow } from "../persistence/rows.ts";

/** A row whose lease is over by this machine's clock, and when it was first seen like that; ms. */
interface Seen {
  version: number;
  at: number;
}

/** By the process that saw them. */
const seenBy = new WeakMap<Identity, Map<string, Seen>>();

/**
 * Another daemon polls the source: who, and until when at least (ms). One with an older
 * configuration has nothing to say.
 */
export function leaseOfAnother(app: App, row: Row<SourceRow>): Claim | undefined {
  const { identity, clock, generation } = app;
  const { lease, generation: its = 0, lastRunAt } = row.data;
  if (lease === undefined || lease.by === identity.id || its < (generation.own ?? 0)) return undefined;
  if (identity.isGone(lease.by)) return undefined;
  if (lease.until > clock.now()) return lease;
  // Elsewhere nobody says that the holder lives. One that was stopped has given it back.
  if (app.store.peers === undefined || lease.until <= lastRunAt) return undefined;
  // The clock of the machine where it lives may be behind: a run that goes on there renews it.
  const until = firstSeen(app, row) + LEASE_MS;
  return until > clock.now() ? { by: lease.by, until } : undefined;
}

function firstSeen({ identity, clock }: App, row: Row): number {
  const all = seenBy.get(identity) ?? new Map<string, Seen>();
  seenBy.set(identity, all);
  const now = clock.now();
  const before = all.get(rowId(row));
  // A clock that was set back must not make it longer.
  const at = before?.version === row.version ? Math.min(before.at, now) : now;
  all.set(rowId(row), { version: row.version, at });
  return at;
}
