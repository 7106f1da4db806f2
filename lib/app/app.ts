// Puts the application together from a configuration and its ports: everything the use cases are given is made here.
import { createHmac } from "node:crypto";
import { compileRouter, healthRoute } from "../alerts/route.ts";
import { compileSuppression } from "../alerts/suppress.ts";
import { compileTimeInterval } from "../alerts/time-interval.ts";
import { channelTypes } from "../channels/registry.ts";
import { HEALTH_RULE } from "../model/alert.ts";
import type { Clock } from "../model/clock.ts";
import type { AuthConfig, ChannelConfig, Config, ConnectionConfig, Pattern } from "../model/config.ts";
import type { Log } from "../model/log.ts";
import { compileRules } from "../rules/compile.ts";
import { compilePattern } from "../rules/pattern.ts";
import { discover } from "../sources/discovery.ts";
import { type ConnectionClient, createCloudClient } from "../sources/http.ts";
import { sources } from "../sources/registry.ts";
import type { Store } from "../store/port.ts";
import { createGate } from "./credentials.ts";
import type { App, Bus, Channel, Connection, Generation, Identity } from "./deps.ts";
import { healthRuleConfig } from "./health.ts";
import { divide } from "./owners.ts";
import { createProjectStore } from "./projects.ts";
import { createTokenStore } from "./tokens.ts";
import { createTransact } from "./unit.ts";

/** Where secret references in the configuration are resolved; throws SecretError. */
export interface Secrets {
  resolve(text: string): Promise<string>;
  resolveDeep<T>(value: T): Promise<T>;
  redact(text: string): string;
}

export interface AppPorts {
  store: Store;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  identity: Identity;
  log: Log;
  bus: Bus;
  secrets: Secrets;
  print(text: string): void;
  /** When the configuration was made or read, which tells the newer of two apart; ms, default: now. */
  stamp?: number | undefined;
}

/** Nothing is read, sent or resolved before the first use case runs. */
export function createApp(config: Config, ports: AppPorts): App {
  const { store, clock, random, identity, log, bus, secrets, print } = ports;
  const generation: Generation = { own: undefined, stamp: ports.stamp ?? clock.now() };
  const compile = (pattern: Pattern) => {
    const compiled = compilePattern(pattern);
    return (alert: object) => compiled.matches(alert);
  };
  const intervals = new Map(
    Object.entries(config.timeIntervals).map(([name, spec]) => [
      name,
      compileTimeInterval(spec, { timezone: config.timezone }),
    ]),
  );
  const connections = new Map(
    Object.entries(config.connections).map(([name, one]) => [name, createConnection(name, one, ports)]),
  );
  const channels = new Map(
    Object.entries(config.channels).map(([name, one]) => [name, createChannel(name, one, secrets)]),
  );
  let learning: Promise<void> | undefined;
  async function learnSecrets(): Promise<void> {
    const auths = Object.values(config.connections).map(({ auth }) => secrets.resolveDeep(auth));
    const options = [...channels.values()].map((channel) => channel.options());
    const all = await Promise.allSettled([...auths, ...options, secrets.resolve(config.health.heartbeat ?? "")]);
    // What cannot be resolved is told where it is used, and may be found the next time.
    if (all.some(({ status }) => status === "rejected")) learning = undefined;
  }
  return {
    config,
    rules: compileRules(config.rules, config.sources, config.timezone),
    observedSince: new Map(),
    healthRule: compileRules([healthRuleConfig()], []).all[0]!,
    router: compileRouter(config.route, healthRoute(config.health.channels, config.route), compile),
    suppression: compileSuppression(config.silences, intervals, compile, HEALTH_RULE),
    store,
    transact: createTransact(ports, () => generation.own),
    generation,
    clock,
    random,
    identity,
    log,
    bus,
    sources,
    connections,
    async discover(source, connection, projectId, signal) {
      const { workspaces } = connection.config;
      const options = { workspaces, projectId, signal, redact: secrets.redact };
      return divide(config, source, await discover(source.kind, connection.client, options));
    },
    channels,
    heartbeatUrl: async () => config.health.heartbeat && secrets.resolve(config.health.heartbeat),
    redact: secrets.redact,
    learnSecrets: () => (learning ??= learnSecrets()),
    print,
  };
}

function createChannel(name: string, config: ChannelConfig, secrets: Secrets): Channel {
  return {
    name,
    type: channelTypes.get(config.type)!,
    sendResolved: config.sendResolved,
    fallback: config.fallback,
    fallbackAfter: config.fallbackAfter,
    options: () => secrets.resolveDeep(config.options),
  };
}

/** Its credentials are resolved at the first request, and again after a failure to resolve them. */
function createConnection(name: string, config: ConnectionConfig, ports: AppPorts): Connection {
  let opened: Promise<ConnectionClient> | undefined;

  async function open(): Promise<ConnectionClient> {
    const auth = await ports.secrets.resolveDeep(config.auth);
    const fingerprint = fingerprintOf(auth);
    const gate = createGate(ports, name, fingerprint);
    const { store, clock, random, log } = ports;
    const tokens = auth && "password" in auth ? { tokens: createTokenStore(store, name, auth.password, log) } : {};
    const projects = createProjectStore(ports, name, config, fingerprint);
    return createCloudClient({ connection: { ...config, auth }, clock, random, gate, projects, ...tokens });
  }
  async function client(): Promise<ConnectionClient> {
    opened ??= open();
    try {
      return await opened;
    } catch (error) {
      opened = undefined;
      throw error;
    }
  }
  return {
    name,
    config,
    client: { request: async (request) => (await client()).request(request) },
    projectId: async () => (await client()).projectId(),
  };
}

/** Names the credentials so that a change is noticed, in so few bits that they cannot be guessed from it. */
function fingerprintOf(auth: AuthConfig | undefined): string {
  return createHmac("sha256", "lookout credentials")
    .update(JSON.stringify(auth ?? null))
    .digest("hex")
    .slice(0, 6);
}
