// The fanned-out form in simulated time: the plan of each minute, its polls by slots, the cloud's API under the
// connections' budgets, and what follows from events, through the three queues. What is decided is decided by lib/.
import { isFresh } from "../../lib/aws/batch.ts";
import { messagesOf, type PollMessage } from "../../lib/aws/plan.ts";
import { BEAT_MS } from "../../lib/aws/poll.ts";
import { maxAgeOf } from "../../lib/aws/poll-batch.ts";
import { createSlots } from "../../lib/aws/slots.ts";
import { budgetOf } from "../../lib/model/budget.ts";
import type { Config, ConnectionConfig, SourceConfig } from "../../lib/model/config.ts";
import { createFifo, type Fifo, lasting, type Queued } from "./fifo.ts";
import { ASSUMED, FUNCTION, MEASURED } from "./figures.ts";
import { createReader, type Reader } from "./reader.ts";
import { type Account, createAccount, createTimeline, type Timeline, type Used } from "./timeline.ts";

export interface Scale {
  connections: number;
  /** Of each connection, and its requests a second. */
  targets: number;
  budget: number;
  minutes: number;
  /** How many of a target's minutes have an event that opens an alert. */
  opening: number;
}

export interface Outcome extends Used {
  targets: number;
  minutes: number;
  /** The share of the targets that were read in a minute: in that with the fewest. */
  readEachMinute: number;
  /** The longest that a target was not read for, and how many never were; ms. */
  longest: number;
  neverRead: number;
  /** The most requests a second of a connection in any minute. */
  requests: number;
  polls: number;
  dropped: number;
  alerts: number;
  /** From the read that found an event to its post, and from the end of that poll: the medians. ms */
  afterRead: number;
  afterPoll: number;
}

interface Found {
  readAt: number;
  pollEnd: number;
  channel: string;
}

interface Simulated {
  scale: Scale;
  timeline: Timeline;
  account: Account;
  config: Pick<Config, "connections" | "sources">;
  reader: Reader;
  polls: number;
  dropped: number;
  posts: { found: Found; at: number }[];
}

export function simulate(scale: Scale, seed: number): Outcome {
  const timeline = createTimeline(seed);
  const account = createAccount();
  const config = configOf(scale);
  const reader = createReader(config.sources, scale, timeline.random);
  const simulated: Simulated = { scale, timeline, account, config, reader, polls: 0, dropped: 0, posts: [] };
  const poll = pollQueue(simulated, notifyQueue(simulated, deliverQueue(simulated)));
  for (let minute = 0; minute < scale.minutes; minute++) {
    const late = timeline.random.int(0, ASSUMED.scheduleJitter);
    timeline.at(minute * BEAT_MS + late, (now) => runPlan(simulated, poll, now));
  }
  timeline.run(scale.minutes * BEAT_MS);
  const { polls, dropped, posts } = simulated;
  return {
    ...account.used(),
    ...reader.outcome(),
    targets: scale.connections * scale.targets,
    minutes: scale.minutes,
    polls,
    dropped,
    alerts: posts.length,
    afterRead: middle(posts.map(({ found, at }) => at - found.readAt)),
    afterPoll: middle(posts.map(({ found, at }) => at - found.pollEnd)),
  };
}

function runPlan({ scale, timeline, account, config, reader }: Simulated, poll: Fifo<PollMessage>, now: number): void {
  const messages = messagesOf(config, reader.known(), now);
  const { calls, cpuMs, cpuMsPerShard, readUnits, readUnitsPerShard } = MEASURED.plan;
  const shards = reader.shards;
  account.read(readUnits * scale.connections + readUnitsPerShard * shards, now);
  const queued = messages.map(({ messageGroup, body }) => ({ group: messageGroup, body: body as PollMessage }));
  const began = account.begin(now);
  const end = poll.put(queued, began + lasting({ calls, cpuMs: cpuMs + cpuMsPerShard * shards }));
  timeline.at(end, (at) => account.end(began, at));
  runOther(timeline, account, now, MEASURED.sweep);
  if (Math.round(now / BEAT_MS) % 5 === 0) runOther(timeline, account, now, healthOf(shards));
}

function pollQueue(simulated: Simulated, notify: Fifo<Found>): Fifo<PollMessage> {
  const { timeline, account, config, reader } = simulated;
  return createFifo<PollMessage>(timeline, account, {
    batch: FUNCTION.batch,
    handle(messages, now) {
      const sourceOf = (id: string) => config.sources.find((one) => one.id === id)!;
      const fresh = messages.filter(({ body: { at, source } }) => isFresh(at, maxAgeOf(sourceOf(source)), now));
      simulated.dropped += messages.length - fresh.length;
      simulated.polls += fresh.length;
      const slots = createSlots();
      slots.hold(fresh.map(({ group }) => group));
      const found: Queued<Found>[] = [];
      let end = now;
      for (const [id, own] of Map.groupBy(fresh, ({ body }) => body.source)) {
        const { connection } = sourceOf(id);
        const rate = budgetOf(config, connection) * slots.shareOf(config, connection);
        const asked = own.map(({ body }) => body);
        const run = reader.read(sourceOf(id), asked, { rate, now, account });
        end = Math.max(end, run.end);
        for (const [at, readAt] of run.found.entries()) {
          found.push({ group: `${id}/${now}/${at}`, body: { readAt, pollEnd: run.end, channel: connection } });
        }
      }
      return found.length === 0 ? end : notify.put(found, end);
    },
  });
}

/** Its groups are decided side by side, each with its share of the processor. */
function notifyQueue({ timeline, account }: Simulated, deliver: Fifo<Found[]>): Fifo<Found> {
  return createFifo<Found>(timeline, account, {
    batch: FUNCTION.batch,
    handle(messages, now) {
      const { notify } = MEASURED.alert;
      const end = now + lasting({ calls: notify.calls, cpuMs: notify.cpuMs * messages.length });
      for (const _ of messages) spend(account, notify, end);
      const channels = Map.groupBy(messages, ({ body }) => body.channel);
      const rings = [...channels].map(([group, own]) => ({ group, body: own.map(({ body }) => body) }));
      return deliver.put(rings, end);
    },
  });
}

/** A channel takes one post after the other. */
function deliverQueue({ timeline, account, posts }: Simulated): Fifo<Found[]> {
  return createFifo<Found[]>(timeline, account, {
    batch: 1,
    handle([message], now) {
      const { deliver } = MEASURED.alert;
      let end = now;
      for (const found of message!.body) {
        end += lasting(deliver) + ASSUMED.post;
        spend(account, deliver, end);
        posts.push({ found, at: end });
      }
      return end;
    },
  });
}

type Other = typeof MEASURED.sweep;

/** It looks at the targets of all shards. */
function healthOf(shards: number): Other {
  const { calls, callsPerShard, readUnits, readUnitsPerShard, cpuMs, cpuMsPerShard } = MEASURED.health;
  return {
    calls: calls + callsPerShard * shards,
    readUnits: readUnits + readUnitsPerShard * shards,
    cpuMs: cpuMs + cpuMsPerShard * shards,
  };
}

function runOther(timeline: Timeline, account: Account, now: number, used: Other): void {
  const began = account.begin(now);
  const end = began + lasting(used);
  const seconds = Math.ceil((end - began) / 1_000);
  for (let at = 0; at < seconds; at++) account.read(used.readUnits / seconds, began + at * 1_000);
  timeline.at(end, (at) => account.end(began, at));
}

function spend(account: Account, used: { readUnits: number; writeUnits: number }, at: number): void {
  account.read(used.readUnits, at);
  account.write(used.writeUnits, at);
}

function configOf({ connections, budget }: Scale): Pick<Config, "connections" | "sources"> {
  const names = Array.from({ length: connections }, (_, at) => `project-${at}`);
  const connectionOf = (name: string) => ({ projectId: name, requestsPerSecond: budget }) as ConnectionConfig;
  const sourceOf = (connection: string) => {
    return { id: `services-${connection}`, kind: "service-events", connection, every: BEAT_MS } as SourceConfig;
  };
  return {
    connections: Object.fromEntries(names.map((name) => [name, connectionOf(name)])),
    sources: names.map(sourceOf),
  };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
