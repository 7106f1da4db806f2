// What the store keeps of a group: its head, and its members in a bounded number of buckets so that
// one commit always fits.
import { hashOf } from "../model/hash.ts";

export interface Suppressed {
  silenced: number;
  muted: number;
  inhibited: number;
}

export interface Group {
  id: string;
  /** The route's id. */
  route: string;
  /** Its `groupBy` fields and their values; an incident's alert id. */
  values: Record<string, unknown>;
  /** True for the group of one alert on a route's incident channels. */
  incident: boolean;
  /** The step of `escalate` that its route was made of; absent: none, or an older version began it. */
  step?: string;
  /** ms */
  createdAt: number;
  /** When it was last notified; ms. */
  lastAt: number | null;
  /** How many notifications it has had. */
  sequence: number;
  /** The newest delivery of each channel: the next one waits for it, so that nothing overtakes. */
  newest: Record<string, string>;
  /** Its last notification could not say everything: the rest follows at once. */
  more?: true;
}

/** One alert of a group. */
export interface Member {
  /** The alert's id. */
  id: string;
  /** The row of its rule and key. */
  pk: string;
  sk: string;
  /** What the group's channels were last notified of it. */
  notified: "firing" | null;
  /** The alert's `count` when it was last notified. */
  count: number;
  /** Why it was held back, while not notified. */
  held: keyof Suppressed | null;
  /**
   * The poll round that it comes from: until that is over it waits, at most ROUND_WAIT_MS. Absent once it was notified.
   */
  round?: string;
  /** When it joined; ms. */
  at?: number;
  /** When it was first notified; ms. */
  notifiedAt?: number;
  /** The incident's service knows that somebody takes care of it. */
  taken?: true;
}

/** How long news waits at most for the rest of its poll round, so that what fails together is notified together. */
export const ROUND_WAIT_MS = 60_000;

const BUCKETS = 64;

const GROUPS = "group/";

export function groupPartition(groupId: string): string {
  return `${GROUPS}${groupId}`;
}

/** The group in whose partition the row lies. */
export function groupOf({ pk }: { pk: string }): string | undefined {
  return pk.startsWith(GROUPS) ? pk.slice(GROUPS.length) : undefined;
}

export const HEAD = "head";

/** The row of the group's partition that holds the member. */
export function bucketOf(alertId: string): string {
  return `m/${Number.parseInt(hashOf([alertId], 8), 16) % BUCKETS}`;
}

export function groupId(routeId: string, incident: boolean, values: Record<string, unknown>): string {
  return hashOf([routeId, incident ? "incident" : "message", values]);
}

/** What a group goes on with where its alerts were in another one before, whose route has gone. */
export type Before = Pick<Group, "lastAt" | "newest">;

export function withBefore(group: Group, { lastAt, newest }: Before): Group {
  return { ...group, lastAt: group.lastAt ?? lastAt, newest: { ...newest, ...group.newest } };
}

export function newGroup(route: string, incident: boolean, values: Record<string, unknown>, now: number): Group {
  const id = groupId(route, incident, values);
  return { id, route, values, incident, createdAt: now, lastAt: null, sequence: 0, newest: {} };
}
