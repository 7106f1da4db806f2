// Puts the application together from a configuration and its ports: everything the use cases are given is made here.
import { createHmac } from "node:crypto";
import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { compileInhibition } from "../alerts/inhibit.ts";
import { compileRouter, healthDetour, healthRoute } from "../alerts/route.ts";
import { compileSuppression } from "../alerts/suppress.ts";
import { compileTimeInterval } from "../alerts/time-intervals/time-interval.ts";
import { channelTypes } from "../channels/registry.ts";
import type { Clock } from "../model/clock.ts";
import type { AuthConfig, ChannelConfig, Config, ConnectionConfig, Pattern } from "../model/config.ts";
import { type Counters, createCounters } from "../model/counters.ts";
import type { Log } from "../model/log.ts";
import { HEALTH_RULE } from "../model/own-alerts.ts";
import { compilePattern } from "../patterns/pattern.ts";
import { compileRules } from "../rules/compile.ts";
import { ADDRESS_MS } from "../sources/checks/lookups.ts";
import { CloudError } from "../sources/cloud/client.ts";
import { type ConnectionClient, createCloudClient } from "../sources/cloud/http.ts";
import type { Limiter } from "../sources/cloud/limiter.ts";
import { discover } from "../sources/discovery.ts";
import { createMeter, DISCOVERY_LIMITS } from "../sources/reading/meter.ts";
import { sources } from "../sources/registry.ts";
import type { Store } from "../store/port.ts";
import { createBudgets, type Share } from "./connections/budgets.ts";
import { createGate } from "./connections/credentials.ts";
import { createEndpoints } from "./connections/endpoints.ts";
import { createProjectStore } from "./connections/projects.ts";
import { createSecretLearner, resolveConsoleToken } from "./connections/secrets.ts";
import { createTokenLearner, createTokenStore } from "./connections/tokens.ts";
import { compileLinks } from "./delivery/links.ts";
import { compileOwnWords } from "./delivery/own-words.ts";
import type { App, Bus, Channel, Connection, Identity, Secrets } from "./deps.ts";
import { healthRuleConfig } from "./health/health.ts";
import type { Generation } from "./persistence/generation.ts";
import { guardStore } from "./persistence/guarded-store.ts";
import { createTransact } from "./persistence/unit.ts";
import { divide } from "./polling/owners.ts";

export interface AppPorts {
  store: Store;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  identity: Identity;
  log: Log;
  bus: Bus;
  secrets: Secrets;
  print(text: string): Promise<void>;
  /** Default: one of its own. */
  counters?: Counters | undefined;
  /** When the configuration was made or read, which tells the newer of two apart; ms, default: now. */
  stamp?: number | undefined;
  /** Default: the budgets are this process's own. */
  share?: Share;
}

/** Nothing is read, sent or resolved before the first use case runs. */
export function createApp(config: Config, given: AppPorts): App {
  setDefaultAutoSelectFamilyAttemptTimeout(ADDRESS_MS);
  const counters = given.counters ?? createCounters();
  const guard = guardStore(given.store, {
    now: given.clock.now,
    report: (error) => given.log.error(error.message),
    took(operation, seconds) {
      counters.count("store", { operation });
      counters.count("storeSeconds", { operation }, seconds);
    },
  });
  const ports = { ...given, store: guard.store, counters };
  const { store, clock, random, identity, log, bus, secrets, print } = ports;
  const generation: Generation = { own: undefined, stamp: ports.stamp ?? clock.now() };
  const resolveAuth = (auth: AuthConfig) => secrets.resolveDeep(auth);
  const learnTokens = createTokenLearner(config, { store, clock, log, redactor: secrets, resolve: resolveAuth });
  const budget = createBudgets(config, clock, ports.share ?? (() => 1));
  const connections = new Map(
    Object.entries(config.connections).map(([name, one]) => [name, createConnection(name, one, ports, budget(name))]),
  );
  const channels = new Map(
    Object.entries(config.channels).map(([name, one]) => [name, createChannel(name, one, config.timezone, secrets)]),
  );
  return {
    config,
    rules: compileRules(config.rules, config.sources, config.timezone),
    observedSince: new Map(),
    newKeys: new Map(),
    targetPieces: new Map(),
    projectNames: { known: undefined },
    holds: { areReconciled: false },
    healthRule: compileRules([healthRuleConfig()], []).all[0]!,
    ...compileAlerting(config),
    store,
    guard,
    transact: createTransact(ports, () => generation.own),
    generation,
    clock,
    random,
    identity,
    log,
    counters,
    bus,
    sources,
    connections,
    async discover(source, connection, projectId, signal) {
      const { workspaces } = connection.config;
      const { client } = createMeter(connection.client, clock, DISCOVERY_LIMITS);
      const options = { workspaces, projectId, signal, redact: secrets.redact };
      return divide(config, source, await discover(source.kind, client, options));
    },
    channels,
    links: compileLinks(config),
    ackSecret: () => resolveConsoleToken(config.console?.token, secrets),
    heartbeatUrl: async () => config.health.heartbeat && secrets.resolve(config.health.heartbeat),
    redact: secrets.redact,
    endpoints: createEndpoints(secrets),
    learnSecrets: createSecretLearner(config, secrets, learnTokens, (name, options) => {
      return channels.get(name)?.type.flaws?.(options) ?? [];
    }),
    behind: new Map(),
    discoveries: new Map(),
    brokenChannels: new Set(),
    print,
  };
}

/** Where alerts go, and what holds them back. */
function compileAlerting(config: Config): Pick<App, "router" | "inhibition" | "suppression"> {
  const compile = (pattern: Pattern) => {
    const compiled = compilePattern(pattern);
    return (alert: object) => compiled.matches(alert);
  };
  const { timezone } = config;
  const intervals = new Map(
    Object.entries(config.timeIntervals).map(([name, spec]) => [name, compileTimeInterval(spec, { timezone })]),
  );
  return {
    router: compileRouter(
      config.route,
      healthRoute(config.health.channels, config.route),
      Object.keys(config.channels).map((name) => healthDetour(name, config.route)),
      compile,
    ),
    inhibition: compileInhibition(config.inhibit, compile, HEALTH_RULE),
    suppression: compileSuppression(config.silences, intervals, compile, HEALTH_RULE),
  };
}

function createChannel(name: string, config: ChannelConfig, timezone: string, secrets: Secrets): Channel {
  const type = channelTypes.get(config.type)!;
  return {
    name,
    type,
    sendResolved: config.sendResolved,
    fallback: config.fallback,
    fallbackAfter: config.fallbackAfter,
    mention: config.mention ?? {},
    ownWords: compileOwnWords(config, type, timezone),
    options: optionsOf(config.options, secrets),
  };
}

/** What names no secret by a reference stays what it is: it is resolved once. */
function optionsOf(options: ChannelConfig["options"], secrets: Secrets): Channel["options"] {
  if (JSON.stringify(options).includes("${")) return () => secrets.resolveDeep(options);
  let resolved: ReturnType<Channel["options"]> | undefined;
  return () => {
    resolved ??= secrets.resolveDeep(options);
    return resolved;
  };
}

interface Opened {
  client: ConnectionClient;
  /** Names its credentials. */
  fingerprint: string;
}

/** So long what the references held serves all who ask; ms. */
const LOOK_MS = 1_000;

/**
 * Its credentials are resolved at the first request, and anew after they were refused and while the connection rests.
 * Where the references hold others by then, a new client takes the old one's place, and the request is made with it.
 */
function createConnection(name: string, config: ConnectionConfig, ports: AppPorts, limiter: Limiter): Connection {
  let opened: Promise<Opened> | undefined;
  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function resolveAuth(anew: boolean): Promise<AuthConfig | undefined> {
    try {
      return await ports.secrets.resolveDeep(config.auth, { anew });
    } catch (error) {
      const message = `the credentials of connection "${name}" cannot be resolved: ${(error as Error).message}`;
      throw new CloudError("paused", message, { cause: error });
    }
  }

  function open(auth: AuthConfig | undefined): Opened {
    const fingerprint = fingerprintOf(auth);
    const gate = createGate(ports, name, fingerprint, () => isReplaced(fingerprint));
    const { store, clock, random, log, secrets } = ports;
    const tokens = auth && "password" in auth ? { tokens: createTokenStore(store, name, auth.password, log) } : {};
    const projects = createProjectStore(ports, name, config, fingerprint);
    const client = createCloudClient({
      connection: { ...config, auth },
      clock,
      random,
      redactor: secrets,
      gate,
      projects,
      limiter,
      ...tokens,
    });
    return { client, fingerprint };
  }

  function current(): Promise<Opened> {
    opened ??= resolveAuth(false)
      .then(open)
      .catch((error) => {
        opened = undefined;
        throw error;
      });
    return opened;
  }

  /**
   * Throws CloudError where the references cannot be resolved now: what was refused is not tried again before they can.
   */
  async function isReplaced(fingerprint: string): Promise<boolean> {
    if ((await current()).fingerprint !== fingerprint) return true;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    await looking;
    return (await current()).fingerprint !== fingerprint;
  }

  async function look(): Promise<void> {
    const now = ports.clock.now();
    if (Math.abs(now - lookedAt) < LOOK_MS) return;
    const auth = await resolveAuth(true);
    lookedAt = now;
    if (fingerprintOf(auth) === (await current()).fingerprint) return;
    opened = Promise.resolve(open(auth));
    ports.log.info("other credentials are tried", { connection: name });
  }

  async function use<T>(work: (client: ConnectionClient) => Promise<T>): Promise<T> {
    for (;;) {
      const { client, fingerprint } = await current();
      try {
        return await work(client);
      } catch (error) {
        const refused = error instanceof CloudError && (error.kind === "credentials" || error.kind === "paused");
        if (!refused || !(await isReplaced(fingerprint))) throw error;
      }
    }
  }
  return {
    name,
    config,
    client: {
      request: (request) =>
        counted(ports.counters, name, request.service, () => use((client) => client.request(request))),
    },
    projectId: () => use((client) => client.projectId()),
  };
}

/** Counts how a request to an API ended: `ok`, or the kind of its error. */
async function counted<T>(
  counters: Counters | undefined,
  connection: string,
  api: string,
  request: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await request();
    counters?.count("requests", { connection, api, status: "ok" });
    return answer;
  } catch (error) {
    const status = error instanceof CloudError ? error.kind : "other";
    counters?.count("requests", { connection, api, status });
    throw error;
  }
}

/** Names the credentials so that a change is noticed, in so few bits that they cannot be guessed from it. */
function fingerprintOf(auth: AuthConfig | undefined): string {
  return createHmac("sha256", "lookout credentials")
    .update(JSON.stringify(auth ?? null))
    .digest("hex")
    .slice(0, 6);
}
