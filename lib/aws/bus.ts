// The doorbell on AWS: an EventBridge bus. It never fails the work that rings it: what is due stands in the
// table, and the sweep finds it.
import type { EventBridgeClient, PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { Bus } from "../app/deps.ts";
import type { Clock } from "../model/clock.ts";
import type { Log } from "../model/log.ts";
import { entriesOf, requestsOf } from "./bus-entries.ts";

const TRIES = 3;
const WAIT_MS = 100;

export interface EventBridgeOptions {
  /** Asked for once there is something to put. */
  client: () => Promise<EventBridgeClient>;
  /** Name of the event bus. */
  name: string;
  clock: Clock;
  log: Log;
}

/** `publish` resolves when everything was put, or given up and logged. */
export function createEventBridgeBus({ client, name, clock, log }: EventBridgeOptions): Bus {
  /** Puts one request's entries, and those that were refused again; returns those that were not taken in the end. */
  async function put(entries: PutEventsRequestEntry[]): Promise<{ refused: PutEventsRequestEntry[]; reason: string }> {
    const { PutEventsCommand } = await import("./eventbridge-client.ts");
    let refused = entries;
    let reason = "";
    for (let attempt = 1; ; attempt++) {
      const answer = await (await client()).send(new PutEventsCommand({ Entries: refused }));
      if (!answer.FailedEntryCount) return { refused: [], reason };
      const results = answer.Entries ?? [];
      reason = results.find(({ ErrorCode }) => ErrorCode !== undefined)?.ErrorCode ?? "unknown";
      refused = refused.filter((_, at) => results[at]?.ErrorCode !== undefined);
      if (refused.length === 0 || attempt === TRIES) return { refused, reason };
      await clock.sleep(WAIT_MS * 4 ** (attempt - 1));
    }
  }

  return {
    async publish(transitions, groups, round) {
      const requests = requestsOf(entriesOf(name, transitions, groups, round));
      for (const [at, entries] of requests.entries()) {
        try {
          const { refused, reason } = await put(entries);
          if (refused.length > 0)
            log.warn("alerts not put on the event bus", { bus: name, entries: refused.length, reason });
        } catch (error) {
          // The SDK has tried again itself: the bus cannot be reached, and the rest would only wait as long.
          const missing = requests.slice(at).flat().length;
          log.warn("alerts not put on the event bus", {
            bus: name,
            entries: missing,
            reason: (error as Error).message,
          });
          return;
        }
      }
    },
  };
}
