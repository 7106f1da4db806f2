// What must hold when all is quiet after the story, whatever happened to the processes: the guarantees to users as a
// list of everything that is wrong, empty where nothing is.
import { listDeliveries } from "../../lib/app/delivery/deliver.ts";
import type { App } from "../../lib/app/deps.ts";
import { endedAlerts, openAlerts, seenEvents } from "../../lib/app/queries/lists.ts";
import { readStatus, type Status } from "../../lib/app/queries/status.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { Event } from "../../lib/model/event.ts";
import { differences, tally } from "./differences.ts";
import type { Stage } from "./stage.ts";
import { ALERTS, lineOf, MALFORMED, UNMATCHED } from "./story.ts";
import { alertLine, judgeNotified } from "./verdict-notified.ts";

/**
 * What is wrong, in a sentence each. `strained`: processes may have hung for minutes, so that a claim may have run out
 * before its sender was done. Then, or where others waited for a dead process's claims, a state may have passed before
 * anybody looked, and an alert may have ended before it was notified.
 */
export async function judge(stage: Stage, strained: boolean): Promise<string[]> {
  const late = strained || (!stage.knowsDeaths && stage.procs.some(({ dead }) => dead));
  const app = stage.observer();
  const [events, open, ended, all] = await Promise.all([
    seenEvents(app),
    openAlerts(app),
    endedAlerts(app),
    listDeliveries(app),
  ]);
  // What another took in is judged as part of that one.
  const deliveries = all.filter(({ into }) => into === undefined);
  const alerts = [...open, ...ended];
  return [
    ...judgeEvents(stage, events, late),
    ...judgeAlerts(alerts, events),
    ...judgeNotified(stage, deliveries, alerts, { strained }),
    ...(await judgeLedger(app, events)),
    ...(await judgeRest(app)),
  ];
}

/** Every event of the world, each once, and nothing else. */
function judgeEvents({ truth }: Stage, events: readonly Event[], late: boolean): string[] {
  const found = tally(events, eventLine, ({ count }) => count);
  const missable = (line: string) => late && line.includes(" RUNNING: ") && !found.has(line);
  const wrong = differences("event", new Map([...truth].filter(([line]) => !missable(line))), found);
  for (const [id, times] of tally(events, ({ id }) => id))
    if (times > 1) wrong.push(`event ${id} was recorded ${times} times`);
  return wrong;
}

/** One alert an event for the rule by id; the others exactly as the story says. */
function judgeAlerts(alerts: readonly Alert[], events: readonly Event[]): string[] {
  const each = alerts.filter(({ rule }) => rule === "each");
  const matched = events.filter(({ type }) => type !== "Info");
  const counts = tally(
    matched,
    ({ id }) => id,
    ({ count }) => count,
  );
  const counted = tally(
    each,
    ({ key }) => String(key["id"]),
    ({ count }) => count,
  );
  const wrong = differences("alert by id", counts, counted);
  const others = alerts.filter(({ rule }) => rule !== "each");
  wrong.push(...differences("alert", tally(ALERTS, String), tally(others, alertLine)));
  for (const alert of others) if (alert.status !== "resolved") wrong.push(`${alertLine(alert)} is still firing`);
  return wrong;
}

/** What `lookout status` says adds up, and to what the world knows. */
async function judgeLedger(app: App, events: readonly Event[]): Promise<string[]> {
  const status = await readStatus(app);
  const wrong = [...judgeSources(status, events), ...judgeChannels(status)];
  for (const { source, target, error } of status.targets)
    if (error) wrong.push(`${source} ${target} is unread: ${error}`);
  for (const { message } of status.problems) wrong.push(`unhealthy: ${message}`);
  for (const { rule, deadline } of status.waiting) wrong.push(`${rule} waits for ${deadline}`);
  return wrong;
}

function judgeSources({ ledger }: Status, events: readonly Event[]): string[] {
  const wrong: string[] = [];
  for (const [source, days] of Object.entries(ledger)) {
    const own = events.filter(({ sourceId }) => sourceId === source).length;
    const sum = (pick: keyof (typeof days)[string]) => Object.values(days).reduce((total, day) => total + day[pick], 0);
    const expected = {
      new: own,
      unmatched: source === "training-events" ? UNMATCHED : 0,
      malformed: source === "service-events" ? MALFORMED : 0,
      matched: own - (source === "training-events" ? UNMATCHED : 0),
      fetched: sum("seen") + sum("malformed") + own,
    };
    for (const [name, count] of Object.entries(expected)) {
      const said = sum(name as keyof typeof expected);
      if (said !== count) wrong.push(`ledger of ${source}: ${name} is ${said}, not ${count}`);
    }
  }
  return wrong;
}

function judgeChannels({ channels }: Status): string[] {
  const wrong: string[] = [];
  for (const [channel, { alerts, notified, pending, held, dead, passed }] of Object.entries(channels)) {
    const rest = pending + held.silenced + held.muted + held.inhibited + dead;
    if (rest > 0 || alerts !== notified + passed)
      wrong.push(`ledger of ${channel}: ${notified} notified and ${passed} passed of ${alerts}`);
    if (passed > 0 && channel !== "pager") wrong.push(`ledger of ${channel}: ${passed} passed`);
  }
  return wrong;
}

/** Nothing is left in hand. */
async function judgeRest({ store, clock }: App): Promise<string[]> {
  const wrong: string[] = [];
  for (const queue of ["timer", "group", "delivery"] as const) {
    for (const { pk, sk } of await store.due(queue, clock.now(), 10))
      wrong.push(`${pk} ${sk} is still due in ${queue}`);
  }
  return wrong;
}

function eventLine({ source, resource, type, message }: Event): string {
  return lineOf(source, resource.id, type, message);
}
