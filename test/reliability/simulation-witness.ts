// Sees every commit the moment it is made, and every notification the moment it is taken, and says what is wrong with
// it. It knows the rows, but nothing of how they come about.
import { DELIVERIES, type DeliveryRow } from "../../lib/app/persistence/delivery-rows.ts";
import {
  ENDED,
  type EndedRow,
  type EventsRow,
  type RuleRow,
  SOURCES,
  type SourceRow,
  type TargetRow,
} from "../../lib/app/persistence/rows.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { Event } from "../../lib/model/event.ts";
import type { Notification } from "../../lib/model/notification.ts";
import { HEALTH_RULE } from "../../lib/model/own-alerts.ts";
import type { SourceKind } from "../../lib/model/source-kinds.ts";
import { unpackLog } from "../../lib/rules/log.ts";
import type { KeyState } from "../../lib/rules/state.ts";
import type { Cursor } from "../../lib/sources/port.ts";
import { decodeMarks } from "../../lib/sources/reading/marks.ts";
import type { Op, Put } from "../../lib/store/port.ts";
import { join, keyOf, nameOf, type Occurrence, type Truth } from "./simulation-truth.ts";

/**
 * `each` opens an alert for every event; `down` counts what is abnormal of a service, and ends it half an hour later.
 */
export const DOWN_AFTER = 30 * 60_000;

export interface Witness {
  /** In words, in the order in which they were found. */
  violations: string[];
  violation(what: string): void;
  /** A commit that has been made; `now`: the local clock. */
  committed(ops: readonly Op[], now: number): void;
  /** A notification that someone takes for the first time. */
  notified(id: string, notification: Notification): void;
  /** How many occurrences were evaluated, by nameOf. */
  evaluated: Map<string, number>;
  events: Map<string, Event>;
  alerts: Map<string, Alert>;
  /** How often each alert that had ended opened again, by its id. */
  reopened: Map<string, number>;
  deliveries: Map<string, DeliveryRow>;
  /** By `source | target`. */
  cursors: Map<string, Cursor>;
  /** When a target's first read failed, by `source | target`; ms. */
  firstFailed: Map<string, number>;
  /** When the source's targets were first known; ms. */
  firstDiscovered: Map<string, number>;
}

export interface WitnessOptions {
  truth: Truth;
  /** ms, by kind; sources are named after their kinds. */
  lateness: Record<SourceKind, number>;
  /** Cloud Eye's occurrences are known by their number alone. */
  countsOnly: boolean;
  /** The cloud shows no malformed items: a cursor holds no more than what happened. */
  exactMemory: boolean;
  /** ms by which local and cloud clock may differ. */
  clockError: number;
}

/**
 * Of Cloud Eye a cursor remembers how many of each of the three names were emitted, for each of the
 * windows that lie within lateness.
 */
const TALLIES = 12;

export function createWitness({ truth, lateness, countsOnly, exactMemory, clockError }: WitnessOptions): Witness {
  const sums = { each: 0, down: 0 };
  const expected = { each: 0, down: 0 };
  /** Matches that wait, by their key's row, and the alerts of each key. */
  const held = new Map<string, number>();
  const downs = new Map<string, Map<string, Alert>>();
  /** Targets with an event that only some rules have seen. */
  const within = new Set<string>();

  function committed(ops: readonly Op[], now: number): void {
    // A rule's own row says how its alert came to end, the row of the ended alert only that it did.
    const puts = ops
      .filter((op) => op.op === "put")
      .toSorted((a, b) => Number(a.pk === ENDED) - Number(b.pk === ENDED));
    for (const put of puts) seePut(put, now);
    // The other rules see the event next.
    if (within.size > 0) return;
    sums.down = sumOfDowns();
    for (const rule of ["each", "down"] as const) {
      if (sums[rule] === expected[rule]) continue;
      witness.violation(`alerts of ${rule} count ${sums[rule]}, but ${expected[rule]} occurrences were evaluated`);
      expected[rule] = sums[rule];
    }
  }

  function seePut({ pk, sk, data }: Put, now: number): void {
    if (pk.startsWith("target/")) seeRest(`${pk}/${sk}`, data as TargetRow);
    if (pk.startsWith("events/")) for (const event of (data as EventsRow).events) seeEvent(event);
    else if (pk.startsWith("target/")) seeCursor(pk.split("/")[1] as SourceKind, sk, (data as TargetRow).cursor, now);
    else if (pk.startsWith("rule/")) seeState(pk, sk, (data as RuleRow).state);
    else if (pk === ENDED) seeAlert((data as EndedRow).alert, null);
    else if (pk === DELIVERIES) witness.deliveries.set(sk, data as DeliveryRow);
    else if (pk === SOURCES) seeSource(sk, data as SourceRow);
  }

  function seeRest(name: string, { rest }: TargetRow): void {
    if (rest === undefined) within.delete(name);
    else within.add(name);
  }

  function seeEvent(event: Event): void {
    if (witness.events.has(event.id))
      witness.violation(`event ${event.id} was evaluated twice (${nameOfEvent(event)})`);
    witness.events.set(event.id, event);
    const name = nameOfEvent(event);
    const evaluated = (witness.evaluated.get(name) ?? 0) + event.count;
    witness.evaluated.set(name, evaluated);
    const counted = event.source === "cloud-eye-events" && countsOnly;
    if (!counted && evaluated > truth.countOf(name)) {
      witness.violation(`evaluated ${evaluated}, though there were ${truth.countOf(name)}: ${name}`);
    }
    expected.each += event.count;
    if (isDown(event)) expected.down += event.count;
  }

  function seeCursor(source: SourceKind, target: string, cursor: Cursor, now: number): void {
    const place = join(source, target);
    const before = witness.cursors.get(place);
    witness.cursors.set(place, cursor);
    const wrong = (what: string) => witness.violation(`the cursor of ${place} ${what}`);
    if (cursor.readTo > Math.max(now + clockError, before?.readTo ?? 0))
      wrong(`is past now: ${cursor.readTo} > ${now}`);
    if (cursor.from > Math.max(cursor.floor, before?.from ?? 0, now + clockError - lateness[source]))
      wrong("leaves late events behind");
    if (before && (cursor.readTo < before.readTo || cursor.from < before.from)) wrong("went back");
    if (before && cursor.floor !== before.floor) wrong("has another floor");
    const most = truth.sizeOf(source, target) + (source === "cloud-eye-events" ? TALLIES : 0);
    if (exactMemory && decodeMarks(cursor.seen).size > most) wrong("remembers what never was");
  }

  function seeState(pk: string, sk: string, { alert, mark, log, next }: KeyState): void {
    seeAlert(alert, mark?.newest ?? null);
    if (pk.split("/")[1] !== "down") return;
    // What waits for an end to be decided is not lost: it counts as what alerts count.
    const waiting = unpackLog(log).filter(({ time, steps }) => next !== null && time > next.at && (steps & 1) === 1);
    held.set(
      `${pk}/${sk}`,
      waiting.reduce((sum, { count }) => sum + count, 0),
    );
  }

  function seeAlert(alert: Alert | null, newestMatch: number | null): void {
    if (alert === null) return;
    const before = witness.alerts.get(alert.id);
    witness.alerts.set(alert.id, alert);
    if (before?.status === "resolved" && alert.status === "firing")
      witness.reopened.set(alert.id, (witness.reopened.get(alert.id) ?? 0) + 1);
    if (alert.rule === "each") sums.each += alert.count - (before?.count ?? 0);
    if (alert.rule !== "down") return;
    const own = downs.get(JSON.stringify(alert.key)) ?? new Map();
    downs.set(JSON.stringify(alert.key), own.set(alert.id, alert));
    if (before?.status === "firing" && alert.endsAt !== null && newestMatch !== null) {
      seeEnd(alert, newestMatch, Date.parse(alert.endsAt));
    }
  }

  /** Of two alerts that late input has made one, the older has taken what the younger counts. */
  function sumOfDowns(): number {
    let sum = [...held.values()].reduce((total, count) => total + count, 0);
    for (const own of downs.values()) {
      let end = "";
      for (const { startsAt, endsAt, count } of [...own.values()].sort((x, y) => (x.startsAt < y.startsAt ? -1 : 1))) {
        if (startsAt <= end) continue;
        end = endsAt ?? "9";
        sum += count;
      }
    }
    return sum;
  }

  /** Ended by its deadline: then every target was read up to it, and what was to be seen before it has been. */
  function seeEnd(alert: Alert, newestMatch: number, end: number): void {
    if (end !== newestMatch + DOWN_AFTER) return;
    const service = String(alert.key["resource.id"]);
    if (truth.deleted.has(service)) return;
    for (const [name, all] of Map.groupBy(seenOf(service, newestMatch, end), nameOf)) {
      if ((witness.evaluated.get(name) ?? 0) >= all.length || truth.spoilt.has(name)) continue;
      witness.violation(`alert ${alert.id} ended at its deadline before ${name} was read`);
    }
  }

  /** What was abnormal of a service after the newest match (ms), and to be seen before the end (ms). */
  function seenOf(service: string, newestMatch: number, end: number): Occurrence[] {
    // What came back and left again between two discoveries was never there for anyone to read.
    const back = truth.away.get(service) ?? 0;
    const floor = witness.cursors.get(join("service-events", service))?.floor ?? 0;
    const after = Math.max(back, newestMatch);
    return truth.occurrences.filter(({ source, target, key, t, shownAt }) => {
      if (source !== "service-events" || target !== service || !key.includes("abnormal")) return false;
      const inTime = shownAt - t <= lateness["service-events"] && shownAt < end - clockError;
      return inTime && t > after && t <= end && t >= floor;
    });
  }

  function seeSource(source: string, row: SourceRow): void {
    if (row.discovered && !witness.firstDiscovered.has(source)) witness.firstDiscovered.set(source, row.discovered.at);
    for (const [target, { since }] of Object.entries(row.failing)) {
      const place = join(source, target);
      if (!witness.cursors.has(place) && !witness.firstFailed.has(place)) witness.firstFailed.set(place, since);
    }
  }

  function notified(id: string, { alerts, channel }: Notification): void {
    const wrong = (what: string) => witness.violation(`delivery ${id} to ${channel} ${what}`);
    if (!witness.deliveries.has(id)) wrong("is not recorded");
    for (const alert of alerts) {
      const recorded = witness.alerts.get(alert.id);
      if (recorded === undefined) wrong(`holds alert ${alert.id}, which is not recorded`);
      else if (alert.count > recorded.count)
        wrong(`counts ${alert.count} in alert ${alert.id}, recorded are ${recorded.count}`);
      if (alert.rule === HEALTH_RULE) continue;
      for (const event of alert.events)
        if (!witness.events.has(event.id)) wrong(`holds event ${event.id}, which is not recorded`);
    }
  }

  const witness: Witness = {
    violations: [],
    violation: (what) => void witness.violations.push(what),
    committed,
    notified,
    evaluated: new Map(),
    events: new Map(),
    alerts: new Map(),
    reopened: new Map(),
    deliveries: new Map(),
    cursors: new Map(),
    firstFailed: new Map(),
    firstDiscovered: new Map(),
  };
  return witness;
}

function nameOfEvent(event: Event): string {
  return nameOf({ source: event.source, target: targetOf(event), key: keyOf(event.source, event.data) });
}

function targetOf(event: Event): string {
  return event.source === "cloud-eye-events" ? event.project : event.resource.id;
}

function isDown(event: Event): boolean {
  return event.source === "service-events" && event.type === "abnormal";
}
