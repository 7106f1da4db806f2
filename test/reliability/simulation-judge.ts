// The judge: once all faults have ended and the last late events are surely in, what was evaluated and notified is
// compared with what happened, by nothing but counting.
import type { SourceKind } from "../../lib/model/source-kinds.ts";
import type { Accepted, Incident } from "./simulation-receiver.ts";
import { join, nameOf, type Occurrence, type Truth } from "./simulation-truth.ts";
import type { Witness } from "./simulation-witness.ts";

export interface Case {
  truth: Truth;
  witness: Witness;
  accepted: readonly Accepted[];
  incidents: readonly Incident[];
  lateness: Record<SourceKind, number>;
  lookback: number;
  /** ms by which local and cloud clock may differ. */
  clockError: number;
  /** Cloud Eye's occurrences are known by their number alone. */
  countsOnly: boolean;
}

/** Says everything that is wrong to the case's witness. Returns how many occurrences had to be found. */
export function judge(one: Case): number {
  judgeFloors(one);
  judgeNotified(one);
  judgeIncidents(one);
  return judgeEvents(one);
}

/** Runs that begin at the same time know nothing of each other's first try; ms. */
const SIDE_BY_SIDE = 60_000;

/** A floor is no later than the first poll, or the discovery before the target came to be, allows. */
function judgeFloors({ truth, witness, lookback, clockError }: Case): void {
  for (const [place, cursor] of witness.cursors) {
    const [source = "", target = ""] = place.split(" | ");
    if (truth.left.has(target)) continue;
    const bounds = [witness.firstFailed.get(place)];
    const created = truth.createdAt.get(target);
    const known = witness.firstDiscovered.get(source);
    if (created !== undefined && known !== undefined && known + clockError <= created) bounds.push(created);
    for (const bound of bounds) {
      if (bound === undefined || cursor.floor <= bound - lookback + clockError + SIDE_BY_SIDE) continue;
      witness.violation(`${place} is read from ${cursor.floor} on only, though it could be from ${bound - lookback}`);
    }
  }
  for (const { source, target, t } of truth.occurrences) {
    const known = witness.firstDiscovered.get(source);
    const created = truth.createdAt.get(target)!;
    if (known === undefined || known + clockError > created || truth.deleted.has(target) || truth.left.has(target))
      continue;
    if (!witness.cursors.has(join(source, target)))
      witness.violation(`${source} ${target} was never read, though it has events (${t})`);
  }
}

function judgeEvents({ truth, witness, lateness, countsOnly }: Case): number {
  const least = new Map<string, number>();
  const most = new Map<string, number>();
  const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const coarse = (name: string) => (countsOnly && name.startsWith("cloud-eye-events") ? "cloud-eye-events" : name);
  const groups = Map.groupBy(truth.occurrences, nameOf);
  for (const one of truth.occurrences) {
    const name = coarse(nameOf(one));
    add(most, name);
    // A pool's item says only how many its occurrences are: one that came too late hides those before its next.
    const notified = one.source === "pool-events" ? groups.get(nameOf(one))! : [one];
    if (notified.every(isDue)) add(least, name);
  }
  /** To be found by all means. */
  function isDue(one: Occurrence): boolean {
    const { source, target, t, shownAt, passing } = one;
    // What is not discovered need not be: judgeFloors says so where it should.
    const floor = witness.cursors.get(join(source, target))?.floor ?? (truth.createdAt.has(target) ? Infinity : 0);
    const shown = !passing && !truth.deleted.has(target) && !truth.spoilt.has(nameOf(one));
    return shown && t >= floor && t <= (truth.left.get(target) ?? t) && shownAt - t <= lateness[source];
  }
  const evaluated = new Map<string, number>();
  for (const [name, count] of witness.evaluated)
    evaluated.set(coarse(name), (evaluated.get(coarse(name)) ?? 0) + count);
  for (const name of new Set([...most.keys(), ...evaluated.keys()])) {
    const found = evaluated.get(name) ?? 0;
    if (found < (least.get(name) ?? 0)) witness.violation(`evaluated ${found} of ${least.get(name)}: ${name}`);
    if (found > (most.get(name) ?? 0))
      witness.violation(`evaluated ${found}, though there were ${most.get(name) ?? 0}: ${name}`);
  }
  return [...least.values()].reduce((sum, count) => sum + count, 0);
}

/** Every event is notified by one delivery, the alerts of a service in order, with counts that add up, to their end. */
function judgeNotified({ witness, accepted }: Case): void {
  const notices = new Map<string, Accepted[]>();
  for (const one of accepted) {
    for (const { id } of one.notification.alerts) notices.set(id, [...(notices.get(id) ?? []), one]);
  }
  for (const [id, alert] of witness.alerts) {
    const own = notices.get(id) ?? [];
    if (alert.rule === "down") judgeStory(witness, id, own);
    if (alert.rule !== "each" || own.length === 1) continue;
    witness.violation(`the alert of event ${alert.events[0]?.id} was notified ${own.length} times`);
  }
  judgeAlone(witness);
  for (const { id, channel, status } of witness.deliveries.values()) {
    if (status === "pending") witness.violation(`delivery ${id} to ${channel} is still pending`);
  }
}

/** Every event is part of one alert of the rule that opens one for each. */
function judgeAlone(witness: Witness): void {
  const each = [...witness.alerts.values()].filter(({ rule }) => rule === "each");
  const parts = Map.groupBy(
    each.flatMap(({ events }) => events),
    ({ id }) => id,
  );
  for (const id of witness.events.keys()) {
    const times = parts.get(id)?.length ?? 0;
    if (times !== 1) witness.violation(`event ${id} is part of ${times} alerts of its own`);
  }
}

function judgeStory(witness: Witness, id: string, own: readonly Accepted[]): void {
  const alert = witness.alerts.get(id)!;
  const all = own.flatMap(({ to, notification }) =>
    notification.alerts.filter((one) => one.id === id).map((one) => ({ ...one, to })),
  );
  const parts = all.filter((_, at) => !isToldThereToo(all, at));
  if (parts.length === 0) return void witness.violation(`alert ${id} was never notified`);
  const ends = parts.filter(({ status }) => status === "resolved").length;
  // What late input keeps open beyond an end that was notified opens again. Over before that is notified, it is notified
  // as resolved once more.
  const again = parts.filter(({ status }, at) => status === "firing" && parts[at - 1]?.status === "resolved").length;
  const ended = alert.status === "firing" ? 0 : 1;
  if (ends < again + ended || ends > (witness.reopened.get(id) ?? 0) + ended) {
    witness.violation(
      `alert ${id} is ${alert.status}; its end was notified ${ends} times, and it opened ${again} again`,
    );
  }
  const most = Math.max(...parts.map(({ count }) => count));
  const sum = parts.reduce((total, { newCount }) => total + newCount, 0);
  if (sum !== most) witness.violation(`alert ${id}: the notified new counts add up to ${sum}, its count to ${most}`);
}

/** The end that the alert's own channel has been told of, for those at the fallback who were told that it fires. */
function isToldThereToo(parts: readonly { to: string; status: string; count: number }[], at: number): boolean {
  const { to, status, count } = parts[at]!;
  const before = parts.slice(0, at);
  const known = before.some((one) => one.to !== to && one.status === status && one.count === count);
  const last = before.findLast((one) => one.to === to);
  return to === "/backup" && status === "resolved" && known && last?.status === "firing";
}

/** An incident is opened once and, once its alert has ended, closed after that. */
function judgeIncidents({ witness, incidents }: Case): void {
  for (const [alert, own] of Map.groupBy(incidents, ({ alert }) => alert)) {
    const isFiring = witness.alerts.get(alert)?.status === "firing";
    // What late input opens again is triggered again.
    const wanted = own
      .map((_, place) => (place % 2 === 0 ? "trigger" : "resolve"))
      .concat(isFiring === (own.length % 2 === 1) ? [] : isFiring ? "trigger" : "resolve")
      .join(", ");
    const actions = own.map(({ action }) => action).join(", ");
    if (actions !== wanted) witness.violation(`the incident of ${alert} had ${actions} instead of ${wanted}`);
  }
}
