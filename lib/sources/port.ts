// The source port: what a poller of one API must do, and what it is given. A source finds; it never
// stores or evaluates.
import type { ProbeConfig } from "../model/config.ts";
import type { Event, Labels } from "../model/event.ts";
import type { Redactor } from "../model/redactor.ts";
import type { SourceKind } from "../model/source-kinds.ts";
import type { CloudClient } from "./cloud/client.ts";

/** One thing that a request polls: a service, a pool, a training job or (Cloud Eye) the project. */
export interface Target {
  id: string;
  name?: string;
  labels?: Labels;
  workspace?: string;
  /** The API's own state word where discovery gave one. */
  status?: string;
  /** Milliseconds since the epoch, where discovery gave them. */
  createdAt?: number;
  /** Set once discovery or the API says that nothing more will come. */
  ended?: boolean;
  /** When it ended, where discovery gave it. ms */
  endedAt?: number;
}

/** What the cursor remembers of one item (or of all items equal in every identifying field). */
export interface Mark {
  /** Fingerprint of the item's identifying fields: 11 characters of base64url. */
  fp: string;
  /** Milliseconds since the epoch: the item's time, by which the mark is dropped once it cannot come back. */
  t: number;
  /** What was seen of it: how many equals, or (items that change in place) the totals or results, sorted. */
  v: number | readonly (number | string)[];
  /** True for an item that may still change, however old: kept while the API shows it. */
  keep?: boolean;
}

/**
 * A target's cursor, one store row. Everything the API showed up to `readTo` has been evaluated; everything from `from`
 * on is remembered in `seen`, so that re-reading from there finds late and repeated events exactly.
 */
export interface Cursor {
  v: 1;
  /** Nothing older is evaluated. ms. */
  floor: number;
  from: number;
  readTo: number;
  /** Encoded marks (see cursor.ts). */
  seen: string;
  /** What one kind remembers beyond that (Cloud Eye's rows, a learned paging habit); small. */
  extra?: Record<string, unknown>;
}

/** One address that is asked. */
export interface Endpoint {
  target: Target;
  /** Its references resolved; an Error: why they could not be. */
  url: string | Error;
  method: string;
  /** The statuses that are good. Absent: 200 to 299. */
  status?: readonly number[];
  /** What the beginning of the answer must hold. */
  body?: string;
  header: Readonly<Record<string, string>>;
}

/** What a source watches that is one target by itself; a health check alone looks at it. */
export interface Scope {
  workspaces: readonly string[];
  /** Ids of the targets that the configuration names. Empty: they are discovered. */
  named: readonly string[];
  /**
   * A target of a list as the configuration has it; undefined where the source does not watch it, `elsewhere` where
   * another one does. `known`: it was watched before, in whatever state it is.
   */
  pick(target: Target, known: boolean): Target | "elsewhere" | undefined;
  /** When an endpoint is down, slow or about to be without a certificate. */
  probe?: ProbeConfig;
  endpoints(): Promise<Endpoint[]>;
}

export interface ReadRequest {
  client: CloudClient;
  target: Target;
  /** Absent at a target's first poll. */
  cursor: Cursor | undefined;
  /** Used when there is no cursor: nothing older than this is found. ms. */
  floor: number;
  /** When this poll began. ms. */
  now: number;
  /** When the target was last read completely (an idle read is not in the cursor). ms. */
  lastReadAt: number | undefined;
  /** ms */
  lateness: number;
  /** ms */
  every: number;
  levels: "all" | "abnormal";
  /** What events are stamped with. */
  stamp: { sourceId: string; connection: string; project: string; region: string; labels: Labels };
  signal: AbortSignal;
  scope: Scope;
  /**
   * Replaces every configured secret in a text that the API gave; default: none is known. Ids and
   * fingerprints are made before.
   */
  redact?: Redactor["redact"];
}

/** A new event and what the cursor must remember once it is committed. */
export interface Found {
  event: Event;
  mark: Mark;
  /** What else is to be remembered once it is committed. */
  progress?: Mark;
}

/**
 * A part of one read, oldest first. `found` is committed in order and in any number of slices, each with its own marks;
 * `marks`, `readTo` and `extra` belong to the last slice, in one commit (cursor.ts: advance).
 * Stopping anywhere loses nothing.
 */
export interface Batch {
  /** New events only, by time. */
  found: Found[];
  /** Items to remember that yield no event. */
  marks: Mark[];
  /** All up to here has been found once this batch is committed. ms, never past the request's `now`. */
  readTo: number;
  extra?: Record<string, unknown>;
  /** True for the last batch: the target was read to its end. */
  complete: boolean;
  /** Of this batch's items: fetched = seen + malformed + new (+ older than the floor, counted as seen). */
  stats: { fetched: number; seen: number; malformed: number };
  /** What could not be understood, for people: the reason, and the raw item cut to 2 KB, secrets removed. */
  malformed: { reason: string; raw: string }[];
}

export interface Source {
  readonly kind: SourceKind;
  /** ms: how long before its window a cursor still remembers items, since the API changes them in place; 0 for most. */
  readonly keepFor: number;
  read(request: ReadRequest): AsyncIterable<Batch>;
}
