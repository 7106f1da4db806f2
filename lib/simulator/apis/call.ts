// What every simulated API is given and gives back.
import type { Credentials } from "../auth.ts";
import { Refusal } from "../refusal.ts";
import type { Switches } from "../switches.ts";
import type { Window } from "../timeline.ts";
import type { World } from "../world.ts";

export interface Call {
  /** The placeholders of the path, decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** ms */
  now: number;
  world: World;
  switches: Switches;
  credentials: Credentials;
  /** Makes a token for the project, or for none: see Auth.issue. */
  issueToken(projectId: string | undefined): { token: string; expiresAt: number };
  /** An identifier that is nobody's secret. */
  uuid(): string;
  /** Where the simulator is reached, for the links in answers. */
  origin: string;
}

export interface Answer {
  /** 200 when absent. */
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

export type Handler = (call: Call) => Answer;

/** The window in ms with the simulator's idea of its bounds; refuses one that ends before it starts. */
export function windowOf(call: Call, from: number | undefined, to: number | undefined): Window {
  if (from !== undefined && to !== undefined && from > to) {
    throw new Refusal(400, "The start time must not be later than the end time.");
  }
  return { from, to, exclusive: call.switches.bounds === "exclusive" };
}

/** The index of the first record that an offset of this meaning skips to. */
export function firstRecord(meaning: "page" | "record", offset: number, limit: number): number {
  return meaning === "page" ? offset * limit : offset;
}

/** The request's JSON object; refuses anything else. */
export function jsonBody(call: Call): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(call.body === "" ? "{}" : call.body);
  } catch {
    throw new Refusal(400, "The request body is not valid JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(400, "The request body must be a JSON object.");
  }
  return value as Record<string, unknown>;
}
