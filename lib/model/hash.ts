// Deterministic names for things: a hash over a JSON-able value, the same on every machine and after every restart.
import { hash } from "node:crypto";

/** The first `length` (at most 64) hexadecimal digits of the SHA-256 of the parts as JSON. */
export function hashOf(parts: readonly unknown[], length = 32): string {
  return hash("sha256", JSON.stringify(parts), "hex").slice(0, length);
}
