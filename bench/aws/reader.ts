// The polls of the simulation: which targets a run comes to, in which order, and when. The order of the shards, of the
// targets and the limits are those of lib/app/polling, the pace that of lib/sources/cloud/limiter.ts.

import type { SourceRow } from "../../lib/app/persistence/rows.ts";
import { shardsFor } from "../../lib/app/persistence/shard-rows.ts";
import { placeOf } from "../../lib/app/persistence/source-rows.ts";
import type { Known, PollMessage } from "../../lib/aws/plan.ts";
import { BEAT_MS } from "../../lib/aws/poll.ts";
import type { SourceConfig } from "../../lib/model/config.ts";
import type { Random } from "../../lib/simulator/random.ts";
import { lasting } from "./fifo.ts";
import { ASSUMED, FUNCTION, MEASURED } from "./figures.ts";
import type { Account } from "./timeline.ts";

/** As lib/app/polling/poll.ts and read-targets.ts, and lib/sources/cloud/limiter.ts. */
const SHARDS_AT_ONCE = 2;
const CONCURRENCY = 24;
const BURST_MS = 2_000;

interface Target {
  readAt: number;
  /** In its longest time without a read. */
  longest: number;
}

interface Shard {
  targets: Target[];
  lastRunAt: number;
  /** When what the last run did not come to was read; undefined where it came to all. */
  unreadSince: number | undefined;
}

interface Pace {
  /** Requests a second. */
  rate: number;
  now: number;
  account: Account;
}

interface Run {
  end: number;
  /** When the reads ended that found an event which opens an alert. */
  found: number[];
}

export interface Reader {
  /** How many shards all sources have together. */
  shards: number;
  /** The sources' rows, as far as the plan looks at them. */
  known(): Known;
  read(source: SourceConfig, messages: readonly PollMessage[], pace: Pace): Run;
  outcome(): { readEachMinute: number; longest: number; neverRead: number; requests: number };
}

interface Sizes {
  targets: number;
  opening: number;
  minutes: number;
}

export function createReader(sources: readonly SourceConfig[], sizes: Sizes, random: Random): Reader {
  const counts = shardSizes(sizes.targets);
  const shards = new Map(sources.map(({ id }) => [id, counts.map(emptyShard)]));
  const readInMinute = new Uint32Array(sizes.minutes + 1);
  const requestsInMinute = new Map(sources.map(({ id }) => [id, new Uint32Array(sizes.minutes + 2)]));

  function known(): Known {
    return new Map([...shards].map(([id, all]) => [id, rowOf(all)]));
  }

  function read(source: SourceConfig, messages: readonly PollMessage[], pace: Pace): Run {
    const own = shards.get(source.id)!;
    const { now, account } = pace;
    const began = now + lasting(MEASURED.shard);
    const deadline = now + FUNCTION.pollMs;
    const next = messages.filter(({ shard, at }) => own[shard.index]!.lastRunAt < at).values();
    const open = (at: number): Open | undefined => {
      const { value } = next.next();
      return value && openShard(own[value.shard.index]!, value, at);
    };
    const leave = createPace(pace.rate, began, random);
    const side = Array.from({ length: SHARDS_AT_ONCE }, () => open(began));
    const found: number[] = [];
    let end = began;
    for (let turn = 0; side.some((one) => one !== undefined); turn++) {
      const at = turn % SHARDS_AT_ONCE;
      const current = side[at];
      if (current === undefined) continue;
      const target = current.targets[current.done];
      if (target === undefined || leave.next() >= deadline) {
        const closed = Math.min(end, deadline) + 2 * ASSUMED.tableCall;
        closeShard(current, account, closed);
        end = Math.max(end, closed);
        side[at] = open(Math.min(leave.next(), deadline));
        continue;
      }
      const { left, ended } = leave.request();
      current.done++;
      end = Math.max(end, ended);
      countRequest(source, left);
      account.read(MEASURED.target.readUnits, left);
      if (random.chance(alertChance(target, ended, sizes))) found.push(ended);
      note(target, ended, current.message.at);
    }
    for (const at of found) {
      account.read(MEASURED.alert.poll.readUnits, at);
      account.write(MEASURED.alert.poll.writeUnits, at);
    }
    return { end, found };
  }

  function countRequest({ id }: SourceConfig, now: number): void {
    const counts = requestsInMinute.get(id)!;
    counts[Math.min(counts.length - 1, Math.floor(now / BEAT_MS))]! += 1;
  }

  function note(target: Target, now: number, beat: number): void {
    if (target.readAt > 0) target.longest = Math.max(target.longest, now - target.readAt);
    target.readAt = now;
    readInMinute[Math.floor(beat / BEAT_MS)]! += 1;
  }

  return {
    shards: counts.length * sources.length,
    known,
    read,
    outcome: () => outcomeOf([...shards.values()].flat(), sizes, readInMinute, [...requestsInMinute.values()]),
  };
}

function outcomeOf(
  shards: readonly Shard[],
  { minutes }: Sizes,
  readInMinute: Uint32Array,
  requestsInMinute: readonly Uint32Array[],
): ReturnType<Reader["outcome"]> {
  const all = shards.flatMap(({ targets }) => targets);
  const over = minutes * BEAT_MS;
  const longest = all.reduce((most, { longest, readAt }) => Math.max(most, longest, over - readAt), 0);
  const requests = requestsInMinute.map((one) => Math.max(...one));
  return {
    // The first minute starts all containers; the last one is not over.
    readEachMinute: Math.min(...readInMinute.slice(1, minutes - 1)) / all.length,
    longest,
    neverRead: all.filter(({ readAt }) => readAt === 0).length,
    requests: Math.max(...requests) / 60,
  };
}

interface Open {
  shard: Shard;
  message: PollMessage;
  /** What was read longest ago comes first. */
  targets: Target[];
  done: number;
  began: number;
}

function openShard(shard: Shard, message: PollMessage, now: number): Open {
  return { shard, message, targets: shard.targets.toSorted((a, b) => a.readAt - b.readAt), done: 0, began: now };
}

/** What its row then says. */
function closeShard({ shard, targets, done, began }: Open, account: Account, now: number): void {
  shard.lastRunAt = began;
  shard.unreadSince = targets[done]?.readAt;
  account.read(MEASURED.shard.readUnits, now);
  account.write(MEASURED.shard.writeUnits, now);
}

/** A request leaves once the budget, a worker and the processor have room for it. */
function createPace(rate: number, began: number, random: Random) {
  const interval = Math.max(1_000 / rate, MEASURED.target.cpuMs / FUNCTION.processor);
  const workers = new Float64Array(CONCURRENCY).fill(began);
  let budget = began - BURST_MS;
  return {
    next: () => Math.max(workers[leastOf(workers)]!, budget),
    request() {
      const worker = leastOf(workers);
      const left = Math.max(workers[worker]!, budget);
      const ended = left + apiLatency(random);
      workers[worker] = ended;
      budget = Math.max(budget + interval, left - BURST_MS);
      return { left, ended };
    },
  };
}

function rowOf(shards: readonly Shard[]): SourceRow | undefined {
  if (shards.every(({ lastRunAt }) => lastRunAt === 0)) return { ...empty(), shards: shards.map(empty) };
  const rows = shards.map(({ lastRunAt, unreadSince }): SourceRow => {
    const readTo = unreadSince || null;
    const failing = unreadSince === undefined ? {} : { left: { kind: "interrupted", readTo } };
    return { ...empty(), lastRunAt, failing: failing as SourceRow["failing"] };
  });
  return { ...empty(), shards: rows };
}

function empty(): SourceRow {
  return { completeTo: null, firstRunAt: 0, lastRunAt: 0, failing: {}, ledger: {} };
}

/** How many targets each shard of so many has. */
function shardSizes(targets: number): number[] {
  const ids = Array.from({ length: targets }, (_, at) => `service-${at}`);
  const sizes = new Array<number>(shardsFor(ids, 1)).fill(0);
  for (const id of ids) sizes[placeOf(id, sizes.length)]! += 1;
  return sizes;
}

/** That there was an event since it was read last; what its first read finds is no news. */
function alertChance({ readAt }: Target, now: number, { opening }: Sizes): number {
  return readAt === 0 ? 0 : Math.min(1, (opening * (now - readAt)) / BEAT_MS);
}

function emptyShard(size: number): Shard {
  const targets = Array.from({ length: size }, (): Target => ({ readAt: 0, longest: 0 }));
  return { targets, lastRunAt: 0, unreadSince: undefined };
}

function leastOf(values: Float64Array): number {
  let least = 0;
  for (let at = 1; at < values.length; at++) if (values[at]! < values[least]!) least = at;
  return least;
}

/** Log-normal. */
function apiLatency(random: Random): number {
  const { median, sigma } = ASSUMED.api;
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return median * Math.exp(sigma * normal);
}
