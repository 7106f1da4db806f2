// A FIFO queue and Lambda's event source mapping of it, in simulated time: one batch of a message group at a time, a
// batch of one group or of several, pollers that become more while messages wait.
import { ASSUMED, FUNCTION, QUOTAS } from "./figures.ts";
import type { Account, Timeline } from "./timeline.ts";

export interface Queued<T> {
  group: string;
  body: T;
}

export interface Fifo<T> {
  /** Puts messages; returns when the last of them stands there. ms */
  put(messages: readonly Queued<T>[], now: number): number;
}

export interface Mapping<T> {
  batch: number;
  /** Handles a batch; returns when the function ends. ms */
  handle(messages: readonly Queued<T>[], now: number): number;
}

/** So many messages a call, and calls of a sender at once (lib/aws/queue.ts). */
const ENTRIES = 10;
const CALLS_AT_ONCE = 8;

export function createFifo<T>(timeline: Timeline, account: Account, { batch, handle }: Mapping<T>): Fifo<T> {
  /** Message groups that nobody has in hand, the oldest first, and the messages of the others. */
  const free = new Map<string, Queued<T>[]>();
  const busy = new Map<string, Queued<T>[]>();
  let running = 0;
  let pollers = QUOTAS.pollers.first;
  let grownAt = 0;
  let isShort = false;
  let isLooking = false;

  /** The oldest group that nobody has in hand, and what follows it where the batch has room. */
  function receive(): Queued<T>[] {
    const taken: Queued<T>[] = [];
    const isMixed = timeline.random.chance(0.5);
    for (const [group, messages] of free) {
      free.delete(group);
      busy.set(group, messages);
      taken.push(...messages.splice(0, batch - taken.length));
      if (!isMixed || taken.length >= batch) break;
    }
    return taken;
  }

  /** While messages wait. */
  function grow(now: number): void {
    const { perSecond, most } = QUOTAS.pollers;
    if (isShort) pollers = Math.min(most, pollers + ((now - grownAt) / 1_000) * perSecond);
    grownAt = now;
  }

  function look(now: number): void {
    grow(now);
    while (running < Math.floor(pollers) && account.hasRoom()) {
      const messages = receive();
      if (messages.length === 0) break;
      running++;
      account.call(now);
      const { least, most } = ASSUMED.handOver;
      begin(messages, now + timeline.random.int(least, most));
    }
    // Where more wait than there are pollers, or room in the account.
    isShort = free.size > 0;
    if (isShort && !isLooking) {
      isLooking = true;
      timeline.at(now + 200, (at) => {
        isLooking = false;
        look(at);
      });
    }
  }

  function begin(messages: readonly Queued<T>[], now: number): void {
    const started = account.begin(now);
    timeline.at(handle(messages, started), (at) => {
      account.end(started, at);
      running--;
      account.call(at);
      for (const group of new Set(messages.map((message) => message.group))) {
        const left = busy.get(group)!;
        busy.delete(group);
        if (left.length > 0) free.set(group, left);
      }
      look(at);
    });
  }

  return {
    put(messages, now) {
      const rounds = Math.ceil(messages.length / (ENTRIES * CALLS_AT_ONCE));
      for (let round = 0; round < rounds; round++) {
        const own = messages.slice(round * ENTRIES * CALLS_AT_ONCE, (round + 1) * ENTRIES * CALLS_AT_ONCE);
        timeline.at(now + (round + 1) * ASSUMED.queueCall, (at) => {
          for (let call = 0; call < own.length; call += ENTRIES) account.call(at);
          for (const message of own) {
            const group = busy.get(message.group) ?? free.get(message.group) ?? [];
            group.push(message);
            if (!busy.has(message.group)) free.set(message.group, group);
          }
          look(at);
        });
      }
      return now + rounds * ASSUMED.queueCall;
    },
  };
}

/** How long a function takes for calls of the table, one after the other, and so much of a processor. ms */
export function lasting({ calls, cpuMs }: { calls: number; cpuMs: number }): number {
  return calls * ASSUMED.tableCall + cpuMs / FUNCTION.processor;
}
