// The channel port: how one kind of destination turns a notification into a request and reads the answer. Both pure.
import type * as z from "zod";
import type { Notification, NotifiedAlert } from "../model/notification.ts";

export interface RenderContext {
  /** When this attempt is made. ms */
  now: number;
  /** IANA name, for the times in messages. */
  timezone: string;
  /** The number of this attempt, 1 for the first. */
  attempt: number;
}

/** What goes over the wire. `url` and `headers` may hold secrets: never shown, never logged. */
export interface HttpRequest {
  method: "POST" | "GET" | "PUT";
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  /** At most 64 KB of it. */
  body: string;
}

export type Outcome =
  | { kind: "delivered" }
  /** Worth another try, never before `after` milliseconds where given. */
  | { kind: "retry"; reason: string; after?: number }
  /** Trying again cannot help. */
  | { kind: "permanent"; reason: string };

/** One kind of destination: a plain object in a file of its own, one line in registry.ts. */
export interface ChannelType<Options = Record<string, unknown>> {
  readonly type: string;
  /**
   * The options a user may set beside `type`, `fallback`, `fallbackAfter` and `sendResolved`; strict.
   * Strings may be secret references.
   */
  readonly options: z.ZodType<Options>;
  /** One incident per alert, keyed by the alert's id, at once; grouping does not apply. */
  readonly incident: boolean;
  /** Requests under way at a time, at most; absent: one after the other. */
  readonly concurrency?: number;
  /** HTTP destinations: the request of one attempt. Null: no news for this destination. */
  render(notification: Notification, options: Options, context: RenderContext): HttpRequest | null;
  /**
   * Where one body cannot hold every alert: the alerts of each delivery, in order, each for a notification (with an id)
   * of its own, made when deliveries are made. Absent: one delivery holds them all, however many.
   */
  split?(notification: Notification): NotifiedAlert[][];
  /** Reads the answer in the receiver's own terms; `now` resolves a Retry-After date, `attempt` is as in rendering. */
  classify(response: HttpResponse, context: { now: number; attempt: number }): Outcome;
  /** Destinations that are this process's own output: the lines to write; `render` is not called. */
  text?(notification: Notification, options: Options, context: RenderContext): string;
}
