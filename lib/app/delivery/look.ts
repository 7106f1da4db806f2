// Looks through the queue of deliveries page by page, no faster than leaves the time to other work.
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { CHANNELS, type ChannelRow, type DeliveryRow, deliveryKey } from "../persistence/delivery-rows.ts";
import { drain } from "../persistence/drain.ts";
import { CLAIM_MS } from "./outcomes.ts";

/**
 * After a long look the next one comes no sooner than so many times as long; so do its pages, as
 * long as the sender has work.
 */
const REST = 20;
/** Deliveries of one page, where it is known which they are. */
const PAGE = 200;

export interface Look {
  /** There may be something new: the queue is to be looked through from its start. */
  ask(): void;
  /**
   * The next page of what is due; empty at the end of a look, undefined where it is not the time for one. `idle`: the
   * sender has nothing else to do. `soon`: it will have in a moment.
   */
  next(state: { idle: boolean; soon: boolean }): Promise<Page | undefined>;
}

export interface Page {
  rows: readonly Row<DeliveryRow>[];
  /** How each channel does, by name. */
  channels: ReadonlyMap<string, ChannelRow>;
}

const END: Page = { rows: [], channels: new Map() };

export function createLook(app: App, signal: AbortSignal): Look {
  let asked = false;
  let pages: ReturnType<typeof drain<DeliveryRow>> | undefined;
  let channels: Page["channels"] | undefined;
  /** The time that this look has taken so far, and when its next page and the next look may come; ms. */
  let took = 0;
  let nextAt = 0;
  let quietUntil = 0;

  async function next({ idle, soon }: { idle: boolean; soon: boolean }): Promise<Page | undefined> {
    if (signal.aborted) return undefined;
    const now = app.clock.now();
    if (pages === undefined) {
      if (!asked || (!idle && isAhead(quietUntil, now))) return undefined;
      asked = false;
      pages = drain<DeliveryRow>(app, "delivery", signal);
      channels = undefined;
      took = 0;
    } else if (soon && isAhead(nextAt, now)) return undefined;
    const { value: rows } = await pages.next();
    const lasted = app.clock.now() - now;
    took += lasted;
    nextAt = now + lasted * REST;
    if (!rows) {
      quietUntil = now + took * REST;
      pages = undefined;
      return END;
    }
    channels ??= await channelRows(app);
    return { rows, channels };
  }

  return {
    ask() {
      asked = true;
    },
    next,
  };
}

/**
 * Looks at these deliveries alone, once. `more` is called where there may be others that nobody has looked at: whoever
 * asks a second time has put them.
 */
export function createLookAt(app: App, ids: readonly string[], more: () => void): Look {
  let asked = false;
  let from = 0;
  return {
    ask() {
      if (asked) more();
      asked = true;
    },
    async next() {
      if (!asked || from >= ids.length) return undefined;
      const some = ids.slice(from, from + PAGE);
      from += PAGE;
      const found = await app.store.getMany<DeliveryRow>(some.map(deliveryKey));
      const now = app.clock.now();
      const rows = found.filter(({ due }) => due !== undefined && due <= now);
      return rows.length === 0 ? END : { rows, channels: await channelRows(app) };
    },
  };
}

/** A clock that was set back must not make the rest longer. */
function isAhead(at: number, now: number): boolean {
  return at > now && at - now < CLAIM_MS;
}

async function channelRows({ store }: App): Promise<Map<string, ChannelRow>> {
  const rows = await store.list<ChannelRow>(CHANNELS);
  return new Map(rows.map(({ sk, data }) => [sk, data]));
}
