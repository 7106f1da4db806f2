// What holds alerts back now: silences, of the file and added by people, muted times, and other
// alerts. Read once for many alerts.
import type { MemberAlert } from "../../alerts/decide.ts";
import { type Group, HEAD } from "../../alerts/group.ts";
import { inhibits, type Side } from "../../alerts/inhibit.ts";
import { HORIZON, type Hold, type Silence } from "../../alerts/suppress.ts";
import type { Alert } from "../../model/alert.ts";
import type { RouteConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import type { Key, Row, Store } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { drain } from "../persistence/drain.ts";
import { inParts } from "../persistence/in-parts.ts";
import {
  HELD_BY,
  type InhibitorRow,
  inhibitorPartition,
  ONE_SIDED,
  SILENCES,
  type SilenceRow,
  silenceKey,
  waitKey,
} from "../persistence/on-call-rows.ts";
import { endedKey } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { putInbox } from "./inbox.ts";

/** A group waits for what holds it no longer than this before it says so again; ms. */
const WAIT_MS = 86_400_000;
/** An ended alert that is held back is kept anew where it would be gone within so long; ms. */
const KEPT_MS = 86_400_000;
/** Ended alerts that are kept anew in one commit, at most. */
const KEPT = 250;
/** Groups that are woken in one commit. */
const WOKEN = 20;

export interface Holds {
  /** Everything that holds the alert back on the route at `now` (ms), what counts first. */
  of(alert: Alert, route: RouteConfig, now: number): Hold[];
  /** The row of what holds back: of an added silence, or an alert. */
  row(holder: string): Row | undefined;
}

type ToRead = Pick<App, "store" | "suppression" | "inhibition">;

/** Reads what may hold the alerts back. */
export async function readHolds(app: ToRead, alerts: readonly Alert[]): Promise<Holds> {
  const rows = new Map<string, Row>();
  const silences = await app.store.list<SilenceRow>(SILENCES);
  for (const row of silences) rows.set(row.sk, row);
  const added = silences.flatMap(({ data }) => compiledSilence(app, data) ?? []);
  const inhibitors = await readInhibitors(app, alerts);
  for (const row of inhibitors.values()) if (row) rows.set(row.data.alert, row);
  return {
    of(alert, route, now) {
      const first = app.suppression.hold(alert, route, now, added);
      const others = app.inhibition.targetOf(alert).flatMap((side): Hold[] => {
        const row = inhibitors.get(nameOf(side));
        return row ? [inhibitedBy(row.data, side, now)] : [];
      });
      return [...(first ? [first] : []), ...others.slice(0, 1)];
    },
    row: (holder) => rows.get(holder),
  };
}

/** A silence of a newer version that this one cannot read holds nothing back. */
export function compiledSilence({ suppression }: Pick<App, "suppression">, row: SilenceRow): Silence | undefined {
  try {
    return suppression.silence(row);
  } catch {
    return undefined;
  }
}

function inhibitedBy({ alert, rule }: InhibitorRow, { index }: Side, now: number): Hold {
  const place = ["inhibit", index];
  return {
    kind: "inhibited",
    by: `alert ${alert} of ${rule}`,
    name: `alert of ${rule}`,
    place,
    until: now + HORIZON,
    holder: alert,
  };
}

function nameOf({ rule, values, both }: Side): string {
  return `${rule}/${values}/${both}`;
}

/** One firing source for each way in which one of the alerts may be held back. */
async function readInhibitors(
  { store, inhibition }: ToRead,
  alerts: readonly Alert[],
): Promise<Map<string, Row<InhibitorRow> | undefined>> {
  const sides = new Map(alerts.flatMap((alert) => inhibition.targetOf(alert)).map((side) => [nameOf(side), side]));
  const found = await Promise.all(
    [...sides].map(async ([name, side]): Promise<[string, Row<InhibitorRow> | undefined]> => {
      return [name, await firstInhibitor(store, side)];
    }),
  );
  return new Map(found);
}

async function firstInhibitor(store: Pick<Store, "list">, target: Side): Promise<Row<InhibitorRow> | undefined> {
  const pk = inhibitorPartition(target.rule, target.values);
  const [row] = await store.list<InhibitorRow>(pk, { limit: 1, ...(target.both ? { prefix: ONE_SIDED } : {}) });
  if (row === undefined) return undefined;
  return inhibits({ ...target, both: !row.sk.startsWith(ONE_SIDED) }, target) ? row : undefined;
}

/**
 * The group is looked at once what holds its members back is over. The row of what holds them is written too, so that
 * whoever ends it at the same time must notice. Returns whether there are more holders than one commit takes: whoever
 * decides the group again goes on.
 */
export async function waitForHolders(
  { store }: Pick<App, "store">,
  unit: Unit,
  holds: Holds,
  group: string,
  holders: readonly string[],
  now: number,
): Promise<boolean> {
  await unit.load(holders.map((holder) => waitKey(holder, group)));
  const left = holders.flatMap((holder) => {
    const row = holds.row(holder);
    const key = waitKey(holder, group);
    return row === undefined || unit.value(key) !== undefined ? [] : [{ row, key }];
  });
  const most = Math.max(1, Math.floor(store.limits.items / 8));
  for (const { row, key } of left.slice(0, most)) {
    unit.know(row);
    unit.put(row, row.data, { expires: row.expires });
    unit.put(key, {}, { expires: now + WAIT_MS });
  }
  return left.length > most;
}

/** The rows of what came and went while it was held back that would be gone before long. */
export async function goingSoon(unit: Unit, held: readonly MemberAlert[], now: number): Promise<Key[]> {
  const keys = held.flatMap(({ member, alert, hold }) =>
    hold && alert?.status === "resolved" && member.notified === null ? [endedKey(member.id)] : [],
  );
  await unit.load(keys);
  return keys.filter((key) => isGoing(unit, key, now));
}

function isGoing(unit: Unit, key: Key, now: number): boolean {
  return unit.value(key) !== undefined && (unit.expires(key) ?? Number.POSITIVE_INFINITY) < now + KEPT_MS;
}

/**
 * Keeps them beyond `history`, until their group has counted them, in commits of their own: the group is not decided
 * again for them. What is left over when the signal aborts waits for the next look at the group, within HORIZON.
 */
export async function keepEnded(app: App, keys: readonly Key[], signal: AbortSignal | undefined): Promise<void> {
  const most = Math.min(KEPT, Math.max(1, Math.floor(app.store.limits.items / 2)));
  for (let from = 0; from < keys.length && !signal?.aborted; from += most) {
    await inParts(app, keys.slice(from, from + most), async (unit, some) => {
      await unit.load(some);
      const now = app.clock.now();
      const expires = now + app.config.history + KEPT_MS;
      for (const key of some) if (isGoing(unit, key, now)) unit.put(key, unit.value(key), { expires });
    });
  }
}

/**
 * Where the silences of the file or the muted times have changed, the groups that may wait for their end become due.
 * None of them waits for longer than HORIZON. Looks once in a process.
 */
export async function reconcileHolds(app: App): Promise<void> {
  if (app.holds.areReconciled) return;
  const { silences, timeIntervals, route } = app.config;
  const held = hashOf([silences, timeIntervals, route]);
  if ((await app.store.get<string>(HELD_BY))?.data !== held) await wakeHeld(app, held);
  app.holds.areReconciled = true;
}

async function wakeHeld(app: App, held: string): Promise<void> {
  for await (const rows of drain<Group>(app, "group", undefined, HORIZON)) {
    const groups = rows.flatMap(({ sk, damaged, data }) => (sk === HEAD && !damaged ? data.id : []));
    for (let from = 0; from < groups.length; from += WOKEN) {
      const now = app.clock.now();
      const entries = groups.slice(from, from + WOKEN).map((id) => ({ id, due: now }));
      await app.transact(async (unit) => putInbox(app, unit, `${HELD_BY.sk}/${entries[0]!.id}`, entries, now));
    }
  }
  await app.transact(async (unit) => {
    await unit.load([HELD_BY]);
    unit.put(HELD_BY, held);
  });
}

/** The silence as it is kept; it goes when it has been over for `history`. */
export function putSilence({ config }: Pick<App, "config">, unit: Unit, row: SilenceRow): void {
  unit.put(silenceKey(row.id), row, { expires: row.until + config.history });
}
