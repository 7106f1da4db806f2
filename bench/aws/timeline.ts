// Simulated time: what happens when, in order, and what the account is used for meanwhile.
import { createRandom, type Random } from "../../lib/simulator/random.ts";
import { ASSUMED, FUNCTION, QUOTAS } from "./figures.ts";

type Event = (now: number) => void;

export interface Timeline {
  random: Random;
  at(time: number, event: Event): void;
  run(until: number): void;
}

/** The same seed gives the same course. */
export function createTimeline(seed: number): Timeline {
  // A heap: the earliest first, and of one time what was put first.
  const heap: { time: number; order: number; event: Event }[] = [];
  let order = 0;
  const isBefore = (a: number, b: number) =>
    heap[a]!.time - heap[b]!.time < 0 || (heap[a]!.time === heap[b]!.time && heap[a]!.order < heap[b]!.order);
  const swap = (a: number, b: number) => ([heap[a], heap[b]] = [heap[b]!, heap[a]!]);

  function take(): (typeof heap)[number] {
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && isBefore(child, least)) least = child;
      if (least === at) return first;
      swap(at, least);
      at = least;
    }
  }

  return {
    random: createRandom(seed),
    at(time, event) {
      heap.push({ time, order: order++, event });
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!isBefore(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    run(until) {
      while (heap.length > 0 && heap[0]!.time <= until) {
        const { time, event } = take();
        event(time);
      }
    },
  };
}

/** What an account's functions, tables and queues are used for. */
export interface Account {
  hasRoom(): boolean;
  /** A function begins: returns when its work does, which of a new container is later. ms */
  begin(now: number): number;
  end(began: number, now: number): void;
  /** Of a queue. */
  call(now: number): void;
  read(units: number, now: number): void;
  write(units: number, now: number): void;
  used(): Used;
}

export interface Used {
  invocations: number;
  gbSeconds: number;
  peakConcurrency: number;
  queueCalls: number;
  peakQueueCalls: number;
  readUnits: number;
  peakReadUnits: number;
  writeUnits: number;
  peakWriteUnits: number;
}

/** Counts by second, whose greatest is the peak. */
function createMeter(): { add(count: number, now: number): void; total(): number; peak(): number } {
  const seconds = new Map<number, number>();
  let total = 0;
  return {
    add(count, now) {
      const second = Math.floor(now / 1_000);
      seconds.set(second, (seconds.get(second) ?? 0) + count);
      total += count;
    },
    total: () => total,
    peak: () => [...seconds.values()].reduce((most, one) => Math.max(most, one), 0),
  };
}

export function createAccount(): Account {
  const calls = createMeter();
  const reads = createMeter();
  const writes = createMeter();
  let running = 0;
  let containers = 0;
  let peakConcurrency = 0;
  let invocations = 0;
  let gbSeconds = 0;
  return {
    hasRoom: () => running < QUOTAS.concurrency,
    begin(now) {
      invocations++;
      running++;
      peakConcurrency = Math.max(peakConcurrency, running);
      if (running <= containers) return now;
      containers = running;
      return now + ASSUMED.coldStart;
    },
    end(began, now) {
      running--;
      gbSeconds += ((now - began) / 1_000) * (FUNCTION.memoryMb / 1_024);
    },
    call: (now) => calls.add(1, now),
    read: (units, now) => reads.add(units, now),
    write: (units, now) => writes.add(units, now),
    used: () => ({
      invocations,
      gbSeconds,
      peakConcurrency,
      queueCalls: calls.total(),
      peakQueueCalls: calls.peak(),
      readUnits: reads.total(),
      peakReadUnits: reads.peak(),
      writeUnits: writes.total(),
      peakWriteUnits: writes.peak(),
    }),
  };
}
