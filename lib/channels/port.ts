// The channel port: how one kind of destination turns a notification into a request and reads the answer. Both pure.
import type * as z from "zod";
import type { Notification, NotifiedAlert } from "../model/notification.ts";

/** A page that a message links to; an http(s) address. */
export interface Link {
  text: string;
  url: string;
}

/** What a user's template says in place of Lookout's own words: raw text, which channels escape as any other. */
export interface Words {
  /** Absent: Lookout's own. */
  title?: string;
  lines: readonly string[];
}

export interface RenderContext {
  /** When this attempt is made. ms */
  now: number;
  /** IANA name, for the times in messages. */
  timezone: string;
  /** The number of this attempt, 1 for the first. */
  attempt: number;
  /** Pages about an alert beside its runbook, the most useful first. Absent: none. */
  links?: (alert: NotifiedAlert) => readonly Link[];
  /** Who is mentioned, in the service's own terms. Absent: nobody. */
  mentions?: readonly string[];
  /** Absent: Lookout's own words. */
  words?: Words;
  /** JSON that goes out in place of the channel's own body. */
  body?: unknown;
  /** A line for whoever looks after Lookout, shown beneath everything else. */
  note?: string;
}

/** What a destination that takes more than one request is given. */
export interface SendContext extends RenderContext {
  /**
   * One HTTP request; the answer's body is redacted. Throws SendError where none came within `limit` ms. It has no more
   * than what is left of the try, and all of that without a limit: what was taken and answered later is sent twice.
   */
  exchange(request: HttpRequest, limit?: number): Promise<HttpResponse>;
  /** Ends what is not done in time. */
  signal: AbortSignal;
  /** What the channel's last message about the same group was called (`Outcome.receipt`), where that is known. */
  receipt?: string;
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
  /**
   * `receipt`: what the service calls the message, for the next one of the same group; at most 1,000 characters.
   * `note`: what a person should know all the same, such as a recipient that was refused.
   */
  | { kind: "delivered"; receipt?: string; note?: string }
  /** Worth another try, never before `after` milliseconds where given; 0: at once. */
  | { kind: "retry"; reason: string; after?: number }
  /** Trying again cannot help. `gone`: nor can any other delivery, until a person changes the destination. */
  | { kind: "permanent"; reason: string; gone?: true };

/** So many messages in so many milliseconds. */
export interface Rate {
  messages: number;
  per: number;
}

/** One kind of destination: a plain object in a file of its own, one line in registry.ts. */
export type ChannelType<Options = Record<string, unknown>> =
  | HttpChannel<Options>
  | SendingChannel<Options>
  | PrintingChannel<Options>;

interface AnyChannel<Options> {
  readonly type: string;
  /**
   * The options a user may set beside those that every channel has; strict.
   * Strings may be secret references.
   */
  readonly options: z.ZodType<Options>;
  /**
   * What is wrong with resolved options though messages go out: health says so to people. It shows no value. Absent:
   * nothing ever is.
   */
  flaws?(options: Options): string[];
  /** One incident per alert, keyed by the alert's id, at once; grouping does not apply. */
  readonly incident: boolean;
  /** Requests under way at a time, at most; absent: one after the other. */
  readonly concurrency?: number;
  /** What its service accepts; all of them hold. Absent: no limit is known. */
  readonly rate?: readonly Rate[];
  /** The options that, beside the address, say of what its service counts messages. Absent: none. */
  readonly countedBy?: readonly string[];
  /** It takes the news that somebody takes care of an incident. Absent: it gets none. */
  readonly acknowledges?: true;
  /** Incidents that fire are sent again after so long (ms), until they are resolved. Absent: once. */
  readonly resend?: number;
  /** Who can be mentioned: the form of an id, and one as an example. Absent: nobody. */
  readonly mention?: { readonly form: RegExp; readonly example: string };
  /** What a user's `template` gives: the words of a message, or the whole body. Absent: the type takes none. */
  readonly template?: "words" | "body";
  /**
   * Where one body cannot hold every alert: the alerts of each delivery, in order, each for a notification (with an id)
   * of its own, made when deliveries are made. Absent: it writes to people, who read the news by name and how much of
   * the rest there is: a notification beyond 1 MB is several deliveries of news.
   */
  split?(notification: Notification): NotifiedAlert[][];
}

/** A destination that one HTTP request reaches. Both functions are pure. */
export interface HttpChannel<Options = Record<string, unknown>> extends AnyChannel<Options> {
  /** The request of one attempt. Null: no news for this destination. */
  render(notification: Notification, options: Options, context: RenderContext): HttpRequest | null;
  /**
   * Reads the answer in the receiver's own terms; `now` resolves a Retry-After date, `attempt` and `options` are as in
   * rendering.
   */
  classify(response: HttpResponse, context: { now: number; attempt: number }, options?: Options): Outcome;
}

/** A destination that takes several requests, or another protocol. Its clients load when they are first used. */
export interface SendingChannel<Options = Record<string, unknown>> extends AnyChannel<Options> {
  /** One attempt. What it throws is worth another try. */
  send(notification: Notification, options: Options, context: SendContext): Promise<Outcome>;
}

/** A destination that is this process's own output. */
export interface PrintingChannel<Options = Record<string, unknown>> extends AnyChannel<Options> {
  /** The lines to write. */
  text(notification: Notification, options: Options, context: RenderContext): string;
}
