// What the use cases are given: configuration made ready to run, and every port. Made by createApp (app.ts).
import type { Router } from "../alerts/route.ts";
import type { Suppression } from "../alerts/suppress.ts";
import type { ChannelType } from "../channels/port.ts";
import type { Clock } from "../model/clock.ts";
import type { Config, ConnectionConfig, SourceConfig } from "../model/config.ts";
import type { Log } from "../model/log.ts";
import type { Redactor } from "../model/redactor.ts";
import type { CompiledRule, Rules } from "../rules/compile.ts";
import type { Transition } from "../rules/state.ts";
import type { CloudClient } from "../sources/cloud/client.ts";
import type { Source } from "../sources/port.ts";
import type { Store } from "../store/port.ts";
import type { Behind, Discovery } from "./polling/behind.ts";
import type { GuardedStore } from "./persistence/guarded-store.ts";
import type { Discovered } from "./polling/owners.ts";
import type { UnresolvedSecret } from "./connections/secrets.ts";
import type { Transact } from "./persistence/unit.ts";

/** The doorbell: rung after a commit that made something due. A lost ring delays, never loses. */
export interface Bus {
  /** `round`: the poll round that is over, so that the groups need not wait for it any more. */
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

export interface Channel {
  name: string;
  type: ChannelType;
  sendResolved: boolean;
  fallback: string | undefined;
  /** What was tried in vain for so long goes to the fallback; ms. */
  fallbackAfter: number;
  /** The channel's options with every secret reference resolved; throws SecretError. */
  options(): Promise<Record<string, unknown>>;
}

/** Which configuration this process runs (generation.ts). */
export interface Generation {
  /** Undefined until it was joined: a process that only looks, or does what a person asks, decides nothing. */
  own: number | undefined;
  /** When the configuration was made or read; ms. */
  stamp: number;
  /** Whether this process made it the one that decides. */
  tookOver?: true;
}

export interface App {
  config: Config;
  rules: Rules;
  /** Since when each rule has evaluated what came, by id, where it is known; ms. Filled by reconcileRules. */
  observedSince: Map<string, number>;
  /** The rule of an alert that Lookout raises about itself. */
  healthRule: CompiledRule;
  router: Router;
  suppression: Suppression;
  store: Store;
  /** What is wrong with the store itself. */
  guard: Pick<GuardedStore, "damaged" | "verify" | "trouble" | "probe">;
  /** One unit of work on the store (unit.ts). */
  transact: Transact;
  generation: Generation;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  identity: Identity;
  log: Log;
  bus: Bus;
  sources: Readonly<Record<SourceConfig["kind"], Source>>;
  connections: ReadonlyMap<string, Connection>;
  discover(source: SourceConfig, connection: Connection, projectId: string, signal: AbortSignal): Promise<Discovered>;
  channels: ReadonlyMap<string, Channel>;
  /** The address to ask after each healthy round, its secrets resolved. */
  heartbeatUrl(): Promise<string | undefined>;
  /** Replaces every secret that is known so far in a text that people will see; always before any cut. */
  redact: Redactor["redact"];
  /**
   * Resolves every secret there is, once, so that `redact` knows it before anything is read that may hold it. Returns those that
   * cannot be resolved: the next call tries them again.
   */
  learnSecrets(): Promise<readonly UnresolvedSecret[]>;
  /** Reads that go on beyond their round, by source and target (behind.ts). */
  behind: Map<string, Behind>;
  /** Likewise discoveries, by source. */
  discoveries: Map<string, Discovery>;
  /** Channels that fail, as the last check of health found them: Lookout's own alerts go around them (detours.ts). */
  brokenChannels: Set<string>;
  /** Where channels that are this process's own output write: rejects where nobody takes it. */
  print(text: string): Promise<void>;
}
