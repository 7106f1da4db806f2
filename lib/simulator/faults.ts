// Faults to order: which requests fail, how, and how often; all decided by the seed or by counting,
// never by real chance.
import type { IncomingHttpHeaders } from "node:http";
import type { Random } from "./random.ts";
import type { RouteName } from "./switches.ts";

type FaultKind =
  /**
   * An HTTP error with the API's own body; `retryAfter` in seconds, or a date as HTTP writes it. `says` makes its text
   * and the request's id, of the headers that were sent: servers repeat what they were given.
   */
  | { kind: "status"; status: number; retryAfter?: number | string; says?: (sent: IncomingHttpHeaders) => string }
  /** The connection is reset before an answer. */
  | { kind: "reset" }
  /** The answer ends half-way. */
  | { kind: "cut" }
  /** A page for people instead of JSON, as proxies send it; with status 200 unless set otherwise. */
  | { kind: "html"; status?: number }
  /** The answer comes `ms` later. */
  | { kind: "slow"; ms: number }
  /** Fields of the first item, or the answer's list itself, have a type the documents do not know. */
  | { kind: "wrong-types"; part: "item" | "body" }
  /**
   * A hostile server: what it sends with 200 instead of the answer (a text as it is, all else as
   * JSON), by its path and query.
   */
  | { kind: "instead"; answer: (body: unknown, url: string) => unknown };

/** Without `next` and `chance` every request it is for fails. */
export type Fault = FaultKind & {
  /** Absent: every call. */
  on?: RouteName | readonly RouteName[];
  /** Only requests whose path and query match. */
  url?: RegExp;
  /** Only the next n of these requests. */
  next?: number;
  /** The share of these requests, drawn from the seed. */
  chance?: number;
};

export interface Faults {
  /** Replaces all faults. */
  set(faults: readonly Fault[]): void;
  /** The first fault that hits this request; counts it. */
  take(route: RouteName, url: string): Fault | undefined;
}

export function createFaults(random: Random): Faults {
  let faults: { fault: Fault; left: number }[] = [];
  return {
    set(list) {
      faults = list.map((fault) => ({ fault, left: fault.next ?? Infinity }));
    },
    take(route, url) {
      for (const entry of faults) {
        const { on, url: pattern, chance } = entry.fault;
        if (on !== undefined && ![on].flat().includes(route)) continue;
        if (entry.left <= 0 || (pattern && !pattern.test(url))) continue;
        if (chance !== undefined && !random.chance(chance)) continue;
        entry.left--;
        return entry.fault;
      }
      return undefined;
    },
  };
}

/** The answer with types that no document allows: in its first item, or instead of its list. */
export function withWrongTypes(body: unknown, part: "item" | "body"): unknown {
  if (!isRecord(body)) return [];
  const list = Object.entries(body).find(([, value]) => Array.isArray(value));
  if (!list) return { ...body, unexpected: true };
  const [name, items] = list as [string, unknown[]];
  if (part === "body") return { ...body, [name]: "none" };
  return { ...body, [name]: items.map((item, index) => (index === 0 ? twisted(item) : item)) };
}

function twisted(value: unknown): unknown {
  if (!isRecord(value)) return 0;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, typeof field === "string" ? { text: field } : String(field)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
