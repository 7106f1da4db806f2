// Bounds what one read may ask for and hold at a time, whatever the API answers: the list behind it may have no end.
import type { Clock } from "../../model/clock.ts";
import { type CloudClient, CloudError } from "../cloud/client.ts";

/** Requests of a read that go in turn with those of all others; a longer list waits for them. */
const PROMPT = 10;

export interface MeterLimits {
  /** Requests for what is held at a time. */
  pages: number;
  /** Characters of the answers that are held at a time. */
  chars: number;
  /** How long it may take to get what is held at a time; ms. */
  time: number;
}

/** Of a read: an event of an API takes a few hundred characters, and in memory several times as much. */
export const READ_LIMITS: MeterLimits = { pages: 2_000, chars: 16 * 1_048_576, time: 300_000 };

/** Of a discovery: of a long list of large rows no more is held than what names the targets. */
export const DISCOVERY_LIMITS: MeterLimits = { pages: 2_000, chars: 512 * 1_048_576, time: 300_000 };

export interface Meter {
  /** Its requests throw CloudError "endless" beyond the limits. */
  client: CloudClient;
  /** Requests so far. */
  pages(): number;
  /** What was held is not any more: a batch was taken over. */
  rest(): void;
}

export function createMeter(client: CloudClient, clock: Clock, limits: MeterLimits = READ_LIMITS): Meter {
  let pages = 0;
  let held = { pages: 0, chars: 0, since: clock.now() };

  function excess(): string | undefined {
    if (held.pages >= limits.pages) return `it took ${held.pages} requests`;
    if (held.chars >= limits.chars) return `it is larger than ${Math.round(limits.chars / 1_048_576)} MB`;
    const took = clock.now() - held.since;
    return took >= limits.time ? `it took ${Math.round(took / 1_000)} s` : undefined;
  }
  return {
    client: {
      async request(request) {
        const reason = excess();
        if (reason !== undefined)
          throw new CloudError("endless", `the list does not come to its end: ${reason} so far`);
        pages++;
        held.pages++;
        return client.request({
          ...request,
          patient: pages > PROMPT,
          heard(chars) {
            held.chars += chars;
            request.heard?.(chars);
          },
        });
      },
    },
    pages: () => pages,
    rest() {
      held = { pages: 0, chars: 0, since: clock.now() };
    },
  };
}
