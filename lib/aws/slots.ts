// Which polls may go on at the same time: each project has so many slots, each with its part of the budget. A slot is a
// message group, so one invocation has it at a time, and the slots together are what the cloud sees.
import { budgetOf } from "../model/budget.ts";
import type { Config, SourceConfig } from "../model/config.ts";
import { projectOf } from "../model/project.ts";

/** Requests a second of one slot, or more: an invocation that waits for its budget costs as much as one that works. */
export const SLOT_RATE = 20;
const MAX_SLOTS = 64;

export type Polled = Pick<Config, "connections" | "sources">;

/** A power of two, as the shards of a source are: so each slot has as many of them. */
function slotsOf(config: Polled, connection: string): number {
  const room = Math.min(MAX_SLOTS, Math.max(1, budgetOf(config, connection) / SLOT_RATE));
  return 2 ** Math.floor(Math.log2(room));
}

/** How many slots there are: so many polls may go on at the same time. */
export function slotCount(config: Polled): number {
  const { connections, sources } = config;
  const polled = sources.filter(({ connection }) => connection !== "");
  const byProject = new Map(polled.map(({ connection }) => [projectOf(connections, connection), connection]));
  const counts = [...byProject.values()].map((connection) => slotsOf(config, connection));
  // Each of the others has one.
  return counts.reduce((sum, count) => sum + count, sources.length - polled.length);
}

/** The slot of a source's shard; the same for as long as the configuration is. */
export function slotOf(config: Polled, source: SourceConfig, shard: number): string {
  // Nobody's budget is used.
  if (source.connection === "") return `${source.id}/${shard}`;
  const project = projectOf(config.connections, source.connection);
  const same = config.sources.filter(({ connection }) => projectOf(config.connections, connection) === project);
  // Side by side where there is room: the shards of a source, and the first ones of several sources.
  const place = same.findIndex(({ id }) => id === source.id) + shard;
  return `${project}/${place % slotsOf(config, source.connection)}`;
}

/** The slots that this process has in hand. */
export interface Slots {
  hold(slots: readonly string[]): void;
  /** The part of a connection's budget that is this process's. */
  shareOf(config: Polled, connection: string): number;
}

export function createSlots(): Slots {
  let held = new Set<string>();
  return {
    hold(slots) {
      held = new Set(slots);
    },
    shareOf(config, connection) {
      const project = projectOf(config.connections, connection);
      const own = [...held].filter((slot) => slot.startsWith(`${project}/`)).length;
      return Math.max(1, own) / slotsOf(config, connection);
    },
  };
}
