// What the store tests write: rows of one partition, and text that stays large.
import { randomBytes } from "node:crypto";
import type { Key, Put } from "../../lib/store/port.ts";

/** Milliseconds: the time at which tests of the store begin. */
export const START = Date.UTC(2026, 10, 20);

export function key(sk: string, pk = "p"): Key {
  return { pk, sk };
}

export function put(sk: string, data: unknown = sk, more: Partial<Put> = {}): Put {
  return { op: "put", ...key(sk), data, ...more };
}

/** About `bytes` bytes of text that no compression makes much smaller. */
export function incompressible(bytes: number): string {
  return randomBytes(Math.ceil(bytes / 2) * 2).toString("base64");
}
