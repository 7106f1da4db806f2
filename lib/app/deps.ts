// What the use cases are given: configuration made ready to run, and every port. Made by createApp (app.ts).

import type { Inhibition } from "../alerts/inhibit.ts";
import type { Router } from "../alerts/route.ts";
import type { Suppression } from "../alerts/suppress.ts";
import type { ChannelType, Link, RenderContext } from "../channels/port.ts";
import type { Clock } from "../model/clock.ts";
import type { ChannelConfig, Config, ConnectionConfig, SourceConfig } from "../model/config.ts";
import type { Counters } from "../model/counters.ts";
import type { Log } from "../model/log.ts";
import type { Notification, NotifiedAlert } from "../model/notification.ts";
import type { Redactor } from "../model/redactor.ts";
import type { CompiledRule, Rules } from "../rules/compile.ts";
import type { Transition } from "../rules/state.ts";
import type { CloudClient } from "../sources/cloud/client.ts";
import type { Endpoint, Source, Target } from "../sources/port.ts";
import type { Store } from "../store/port.ts";
import type { Generation } from "./persistence/generation.ts";
import type { GuardedStore } from "./persistence/guarded-store.ts";
import type { KeyCount } from "./persistence/rows.ts";
import type { TargetPieces } from "./persistence/source-rows.ts";
import type { ProjectNames } from "./persistence/target-rows.ts";
import type { Transact } from "./persistence/unit.ts";

/** The doorbell: rung after a commit that made something due. A lost ring delays, never loses. */
export interface Bus {
  /** `round`: a poll round that these groups need not wait for any more: it is over, or they are incidents'. */
  publish(transitions: readonly Transition[], groups: readonly string[], round?: string): Promise<void>;
}

/** Who this process is, and which others are known to be gone: their claims are void. */
export interface Identity {
  id: string;
  isGone(id: string): boolean;
}

export interface Connection {
  name: string;
  config: ConnectionConfig;
  client: CloudClient;
  /** Looked up by name where the configuration names no id. */
  projectId(): Promise<string>;
}

/** What a message says in place of Lookout's own words. */
export type OwnWords = Pick<RenderContext, "words" | "body">;

export interface Channel {
  name: string;
  type: ChannelType;
  sendResolved: boolean;
  fallback: string | undefined;
  /** What was tried in vain for so long goes to the fallback; ms. */
  fallbackAfter: number;
  /** Who is mentioned, by severity, in the service's own terms. */
  mention: NonNullable<ChannelConfig["mention"]>;
  /** What its template makes of a notification; throws where that fails. Undefined: it has none. */
  ownWords: ((notification: Notification, context: RenderContext) => OwnWords) | undefined;
  /** The channel's options with every secret reference resolved; throws SecretError. */
  options(): Promise<Record<string, unknown>>;
}

/** What discovery found, divided among the sources that it belongs to. */
export interface Discovered {
  /** Targets of the source that asked. */
  own: Target[];
  /** Ids of those that another source of the kind has. */
  elsewhere: ReadonlySet<string>;
}

/** A discovery and when it began; ms. */
export interface Discovery {
  at: number;
  found: Promise<Discovered>;
}

/** A read that its round did not wait for. */
export interface Behind {
  /** Resolves once it is over; never rejects. */
  done: Promise<void>;
  isOver: boolean;
  /** Why it failed, once it is over; undefined: it did not. */
  error?: unknown;
  /** When the newest read began that came to its end beyond its round; ms. */
  readTo: number | undefined;
}

/** A secret that cannot be resolved, or is not what its channel needs. */
export interface UnresolvedSecret {
  of: "connection" | "source" | "channel" | "heartbeat" | "console" | "store";
  /** The connection, source or channel; `heartbeat`, `console` or `store`. */
  name: string;
  /** Names the reference and what to do. */
  message: string;
  /** It has a value, though one that cannot be meant: where the channel has another secret, its messages go out. */
  flawed?: true;
}

/** Where secret references are resolved, which throws SecretError, and what keeps secrets out of texts. */
export interface Secrets extends Redactor {
  resolve(text: string): Promise<string>;
  /** `anew`: past whatever is kept of it, because it was refused. */
  resolveDeep<T>(value: T, options?: { anew: boolean }): Promise<T>;
}

export interface App {
  config: Config;
  rules: Rules;
  /** Since when each rule has evaluated what came, by id, where it is known; ms. Filled by reconcileRules. */
  observedSince: Map<string, number>;
  /** How many keys of rules are new in this process and not written down yet, by the rules' partitions. */
  newKeys: Map<string, KeyCount>;
  /** Discovered targets as this process knows them (source-rows.ts). */
  targetPieces: TargetPieces;
  /** Under which names the rows of projects' targets lie (target-rows.ts). */
  projectNames: ProjectNames;
  /** Whether what an older configuration held back was looked at (groups/holds.ts). */
  holds: { areReconciled: boolean };
  /** The rule of an alert that Lookout raises about itself. */
  healthRule: CompiledRule;
  router: Router;
  suppression: Suppression;
  inhibition: Inhibition;
  store: Store;
  /** What is wrong with the store itself. */
  guard: Pick<GuardedStore, "damaged" | "noteDamaged" | "verify" | "trouble" | "probe">;
  /** One unit of work on the store (unit.ts). */
  transact: Transact;
  generation: Generation;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  identity: Identity;
  log: Log;
  /** What was done so far, for metrics. */
  counters: Counters;
  bus: Bus;
  sources: Readonly<Record<SourceConfig["kind"], Source>>;
  connections: ReadonlyMap<string, Connection>;
  discover(source: SourceConfig, connection: Connection, projectId: string, signal: AbortSignal): Promise<Discovered>;
  channels: ReadonlyMap<string, Channel>;
  /** The pages about an alert that its messages link to beside the runbook, the most useful first. */
  links(alert: NotifiedAlert): readonly Link[];
  /** What links that acknowledge an alert are signed with, resolved; undefined where there are none. */
  ackSecret(): Promise<string | undefined>;
  /** The address to ask after each healthy round, its secrets resolved. */
  heartbeatUrl(): Promise<string | undefined>;
  /** Replaces every secret that is known so far in a text that people will see; always before any cut. */
  redact: Redactor["redact"];
  /** What a source asks that has no connection. */
  endpoints(source: SourceConfig): Promise<Endpoint[]>;
  /**
   * Resolves every secret there is, once, so that `redact` knows it before anything is read that may hold it. Returns
   * those that cannot be resolved: the next call tries them again.
   */
  learnSecrets(): Promise<readonly UnresolvedSecret[]>;
  /** Reads that go on beyond their round, by source and target (behind.ts). */
  behind: Map<string, Behind>;
  /** Likewise discoveries, by source. */
  discoveries: Map<string, Discovery>;
  /** Channels that fail, as health was last checked: Lookout's own alerts go around them (groups/assignments.ts). */
  brokenChannels: Set<string>;
  /** Where channels that are this process's own output write: rejects where nobody takes it. */
  print(text: string): Promise<void>;
}
