// A queue that keeps what it is sent and told, for tests.
import type { Batch } from "../../lib/aws/batch.ts";
import type { Message, Queue } from "../../lib/aws/queue.ts";

export interface KeptQueue extends Queue {
  messages: Message[];
  released: string[];
}

/** `lost`: so many of the first messages of each sending are not taken. */
export function keptQueue({ lost = 0 } = {}): KeptQueue {
  const messages: Message[] = [];
  const released: string[] = [];
  return {
    name: "some.fifo",
    messages,
    released,
    async send(some) {
      messages.push(...some.slice(lost));
      return Math.min(lost, some.length);
    },
    async release(receipts) {
      released.push(...receipts);
    },
    take: async () => [],
    async remove() {},
  };
}

/** Messages as Lambda hands them on. `received`: how often each was given out; default: once. */
export function batchOf(bodies: readonly string[], received: readonly number[] = []): Batch {
  const Records = bodies.map((body, at) => {
    const attributes = { ApproximateReceiveCount: received[at] ?? 1 };
    return { messageId: `id-${at}`, receiptHandle: `handle-${at}`, body, attributes };
  });
  return { Records };
}
