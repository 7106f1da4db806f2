// The doorbell fanned out: a message for each group to `notify`, and one for each channel to `deliver`. The table is
// the truth: a lost message delays, and the sweep finds what is due.
import * as z from "zod";
import { isClaimed } from "../app/delivery/outcomes.ts";
import type { Sender } from "../app/delivery/sender.ts";
import type { App, Bus } from "../app/deps.ts";
import type { DeliveryRow } from "../app/persistence/delivery-rows.ts";
import { drain } from "../app/persistence/drain.ts";
import type { Clock } from "../model/clock.ts";
import { hashOf } from "../model/hash.ts";
import type { Row } from "../store/port.ts";
import type { Message, Queue } from "./queue.ts";

/** The sweep rings again for what is still due by then; ms. */
export const RING_MS = 60_000;
/** Deliveries that one message names: ten of them fit into a request. */
const NAMED = 500;
/** Deliveries that the sweep rings a channel for at a time. */
const SWEPT = 2_000;

/** `at`: when it was rung; ms. */
export const GroupRing = z.object({ group: z.string(), round: z.string().optional(), at: z.number() });
export type GroupRing = z.infer<typeof GroupRing>;

/** The channel has these deliveries due. */
export const ChannelRing = z.object({ channel: z.string(), deliveries: z.array(z.string()), at: z.number() });
export type ChannelRing = z.infer<typeof ChannelRing>;

/**
 * Rings `notify` once for each group, and puts on the bus what opened or was resolved. An EventBridge rule gives all
 * messages one message group: the queue is rung from here.
 */
export function createQueueBus(bus: Bus, queue: Queue, clock: Clock): Bus {
  return {
    async publish(transitions, groups, round) {
      const at = clock.now();
      const rings = groups.map((group): Message => {
        const ring: GroupRing = { group, at, ...(round === undefined ? {} : { round }) };
        return { messageGroup: hashOf([group]), deduplication: hashOf([ring]), body: ring };
      });
      const news = transitions.filter(({ kind }) => kind === "opened" || kind === "resolved");
      await Promise.all([queue.send(rings), bus.publish(news, [])]);
    },
  };
}

/** Rings the channels in place of sending to them. */
export interface Ringer extends Sender {
  /** How many deliveries the channels were rung for. */
  rung(): number;
}

/** `offer` rings for what was put; `poke` for what is due to the channels that are looked for. */
export function createRinger(
  app: App,
  queue: Queue,
  signal: AbortSignal,
  isLookedFor: (channel: string) => boolean,
): Ringer {
  let rung = 0;

  async function ring(found: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const at = app.clock.now();
    const messages = [...found].flatMap(([channel, ids]) => {
      rung += ids.length;
      return partsOf(ids).map((deliveries): Message => {
        const body: ChannelRing = { channel, deliveries, at };
        return { messageGroup: channel, deduplication: hashOf([body]), body };
      });
    });
    await queue.send(messages);
  }

  return {
    async poke() {
      const wanted = [...app.channels.keys()].some(isLookedFor);
      if (wanted) await ring(await dueDeliveries(app, signal, isLookedFor));
    },
    async offer(rows) {
      const channels = Map.groupBy(rows, ({ data }) => data.channel);
      await ring(new Map([...channels].map(([name, own]) => [name, own.map(({ data }) => data.id)])));
    },
    room: () => 0,
    async caughtUp() {},
    rung: () => rung,
  };
}

/** By channel, what is due and nobody has claimed, so many at most: the next sweep rings for the others. */
async function dueDeliveries(
  app: App,
  signal: AbortSignal,
  isLookedFor: (channel: string) => boolean,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for await (const rows of drain<DeliveryRow>(app, "delivery", signal)) {
    for (const row of rows) {
      const { data } = row;
      if (isTaken(app, row) || !isLookedFor(data.channel)) continue;
      const ids = found.get(data.channel) ?? [];
      if (ids.length >= SWEPT) continue;
      ids.push(data.id);
      found.set(data.channel, ids);
    }
  }
  return found;
}

/** Whether it is not to be rung for: someone sends it, or it is none of a delivery and is reported. */
function isTaken(app: App, row: Row<DeliveryRow>): boolean {
  try {
    return isClaimed(app, row.data);
  } catch {
    app.guard.noteDamaged(row);
    return true;
  }
}

function partsOf(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / NAMED);
  return Array.from({ length: count }, (_, at) => ids.slice(at * NAMED, (at + 1) * NAMED));
}
