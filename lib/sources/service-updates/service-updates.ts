// Update logs of ModelArts real-time services: GET /v1/{project_id}/services/{service_id}/logs, always all of them.
// https://docs.otc.t-systems.com/modelarts/api-ref/service_management/obtaining_service_update_logs.html
// Identity of a log (they have no id): update_time, its config without `envs`; its `result` changes in place.
import { setImmediate } from "node:timers/promises";
import * as z from "zod";
import { segment } from "../cloud/path.ts";
import { createTurns, mapInTurns } from "../cloud/turns.ts";
import type { Batch, Found, Mark, ReadRequest, Source } from "../port.ts";
import { openWindow, UNSETTLED_MS, type Window } from "../reading/cursor.ts";
import { buildEvent } from "../reading/event.ts";
import { type BadItem, parseItem, Time } from "../reading/item.ts";
import { listOf } from "../reading/list.ts";
import { eventId, fingerprint } from "../reading/marks.ts";
import { byTime, emptySifted, isOurs, type Sifted, siftBad } from "../reading/sift.ts";
import {
  configOf,
  describeUpdate,
  isPending,
  levelOfResult,
  packResults,
  type Result,
  resultsIn,
  settle,
} from "./updates.ts";

/** Logs of one update_time that are told apart. */
const MAX_TWINS = 200;
/** Characters of a result: the cursor holds those of many logs. */
const MAX_RESULT = 200;

const Answer = z.looseObject({ service_name: z.string().optional().catch(undefined) });
const UpdateLog = z.looseObject({ update_time: Time, result: z.string() });

interface Log extends Result {
  ok: true;
  /** ms */
  t: number;
  raw: unknown;
}

export const serviceUpdates: Source = {
  kind: "service-updates",
  keepFor: 0,
  read,
};

async function* read(request: ReadRequest): AsyncGenerator<Batch> {
  const { client, target, signal, now } = request;
  const answer = await client.request({
    service: "modelarts",
    path: `/v1/{project_id}/services/${segment(target.id)}/logs`,
    signal,
  });
  const { rows, head } = listOf(answer, "logs", Answer, "service updates");
  const name = target.name || head.service_name || target.id;
  yield {
    ...(await siftLogs(request, openWindow(request), await mapInTurns(rows, (raw) => parseLog(request, raw)), name)),
    readTo: now,
    complete: true,
  };
}

function parseLog({ redact = (text) => text }: ReadRequest, raw: unknown): Log | BadItem {
  return parseItem(UpdateLog, raw, "update_time", ({ update_time, result }) => ({
    ok: true,
    t: update_time,
    // The cursor remembers it like this.
    result: redact(result, MAX_RESULT).slice(0, MAX_RESULT),
    config: configOf(raw),
    raw,
  }));
}

async function siftLogs(request: ReadRequest, window: Window, logs: (Log | BadItem)[], name: string): Promise<Sifted> {
  const sifted = emptySifted(logs.length);
  const tally = new Map<string, number>();
  const groups = new Map<number, Log[]>();
  const turn = createTurns();
  for (const log of logs) {
    await turn();
    const group = log.ok ? groups.get(log.t) : undefined;
    if (log.ok && (group?.length ?? 0) < MAX_TWINS)
      groups
        .set(log.t, group ?? [])
        .get(log.t)!
        .push(log);
    else if (isOurs(log.t, window)) siftBad(request, window, log.ok ? crowded(log) : log, tally, sifted);
    else sifted.stats.seen++;
  }
  for (const [t, group] of groups) {
    siftGroup(request, window, t, group, name, sifted);
    await (group.length > 1 ? setImmediate() : turn());
  }
  return { ...sifted, found: byTime(sifted.found) };
}

/** One log too many of its time. All of them are one thing that cannot be understood. */
function crowded({ t }: Log): BadItem {
  const reason = `update_time: more than ${MAX_TWINS} logs have this one`;
  return { ok: false, t: undefined, reason, raw: { update_time: t } };
}

/** The logs of one update_time. One that still runs is remembered, even from before the floor: its result is news. */
function siftGroup(request: ReadRequest, window: Window, t: number, group: Log[], name: string, into: Sifted): void {
  const fp = fingerprint([t]);
  let seen = resultsIn(window.seen.get(fp)?.v);
  const old: Result[] = [];
  let silent = false;
  const found: Found[] = [];
  for (const { log, before } of settle(group, seen)) {
    const own = isOurs(t, window);
    const news = before === undefined ? own : before.result !== log.result;
    const remembered = news || before !== undefined || (isPending(log.result) && t >= window.from - UNSETTLED_MS);
    if (!remembered) {
      old.push(log);
      continue;
    }
    const after = [...seen.filter((known) => known !== before), { result: log.result, config: log.config }];
    const states = [seen, after].map((results) => packResults([...old, ...results]));
    const event = news ? eventOf(request, log, before, states, name) : undefined;
    seen = after;
    if (event === undefined) silent = true;
    else found.push({ event, mark: markOf(fp, t, seen) });
  }
  into.stats.seen += group.length - found.length;
  into.found.push(...found);
  if (silent && found.length === 0) into.marks.push(markOf(fp, t, seen));
}

function markOf(fp: string, t: number, seen: readonly Result[]): Mark {
  return { fp, t, v: packResults(seen), ...(seen.some(({ result }) => isPending(result)) ? { keep: true } : {}) };
}

/** `states`: all results of this update_time before and after, which tell a twin shown late from the first. */
function eventOf(request: ReadRequest, log: Log, before: Result | undefined, states: string[][], name: string) {
  const { region, project } = request.stamp;
  const { target } = request;
  const fields = [log.t, ...states];
  // update_time may be when the update began: a result that was not there at the last read is not older than that read.
  const lastRead = before === undefined ? undefined : (request.lastReadAt ?? request.cursor?.readTo);
  return buildEvent(request, "service-updates", {
    id: eventId("service-updates", region, project, target.id, fields, 0),
    t: Math.max(log.t, Math.min(lastRead ?? log.t, request.now)),
    level: levelOfResult(log.result),
    type: log.result,
    reason: log.result,
    message: describeUpdate(log.result, log.raw),
    resource: { type: "service", id: target.id, name },
    count: 1,
    raw: log.raw,
  });
}
