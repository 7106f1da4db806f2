// Opens what a command works on: the configuration, its secrets, the store and the application over them.
import { existsSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { createApp } from "../app/app.ts";
import { wallClock } from "../app/clock.ts";
import { secretPlaces } from "../app/connections/secrets.ts";
import type { App, Bus } from "../app/deps.ts";
import { type OpenedConfig, openConfig } from "../app/open-config.ts";
import { ConfigError, findingAt } from "../config/document/finding.ts";
import { type Environment, processEnvironment } from "../config/environment.ts";
import type { Places } from "../config/load/load.ts";
import { createRedactor } from "../config/secrets/redactor.ts";
import type { Secrets } from "../config/secrets/secrets.ts";
import { SecretError } from "../config/secrets/values.ts";
import { processIdentity } from "../local/identity.ts";
import type { Config } from "../model/config.ts";
import type { Counters } from "../model/counters.ts";
import type { Log } from "../model/log.ts";
import type { Redactor } from "../model/redactor.ts";
import { type Store, StoreError } from "../store/port.ts";
import { openSqliteStore } from "../store/sqlite/sqlite.ts";
import { createLog, type Io, UsageError } from "./io.ts";

/** Options that every command has. */
export interface CommonOptions {
  config: string;
  /** An SQLite file that overrides `store`. */
  state?: string | undefined;
  json?: boolean | undefined;
}

const ROOT = packageRoot(import.meta.dirname);

/** The folder of the rule packs that come with Lookout. */
export const PACKS = join(ROOT, "rules");

const BUILT = join(ROOT, "dist");
/** What was made of them when the package was made: for the code that was made with it, not for sources beside it. */
const PREPARED = import.meta.dirname.startsWith(BUILT) ? join(BUILT, "packs") : undefined;

/** The configuration that `npm start` shows and people copy. */
export const EXAMPLE = join(ROOT, "lookout.example.yml");

export interface Opened {
  app: App;
  log: Log;
  /** Where everything stands in the configuration's files. */
  places: Places;
  secrets: OpenedConfig["secrets"];
  close(): Promise<void>;
}

const silentBus: Bus = { async publish() {} };

/**
 * Reads and checks the configuration file; throws ConfigError. The redactor learns the secrets that this machine has.
 */
export async function readConfig(
  file: string,
  redactor: Redactor = createRedactor(),
  env: Environment = processEnvironment(),
): Promise<OpenedConfig> {
  // Loaded only where a reference to AWS is resolved: they bring the AWS SDK with them.
  const aws = {
    parameter: async (name: string) => (await awsSecrets()).parameter(name),
    secret: async (id: string) => (await awsSecrets()).secret(id),
  };
  const opened = await openConfig(file, {
    packsDir: PACKS,
    preparedDir: PREPARED,
    env,
    clock: wallClock,
    redactor,
    aws,
  });
  await opened.secrets.learnLocal(secretPlaces(opened.config));
  return opened;
}

/** The same for the configuration that a command works with. Where there is none yet, it says how to begin. */
export async function readOwnConfig({ redactor }: Io, { config: file }: CommonOptions): Promise<OpenedConfig> {
  if (existsSync(file)) return readConfig(file, redactor);
  const message = `there is no ${basename(file)} in ${resolve(dirname(file))}`;
  const hint = `begin with "cp ${relative(".", EXAMPLE)} ${file}", or name another file with --config or LOOKOUT_CONFIG`;
  throw new ConfigError([findingAt({ file, line: 1, column: 1 }, [], message, hint)]);
}

async function awsSecrets() {
  const { createAwsSecrets } = await import("../aws/secrets.ts");
  return createAwsSecrets();
}

/** Opens everything; throws ConfigError and StoreError, having done nothing. */
export async function openApp(io: Io, options: CommonOptions): Promise<Opened> {
  const config = await readOwnConfig(io, options);
  const store = await openStore(io, config, options.state);
  return { ...assemble(io, config, store, silentBus), close: () => store.close() };
}

/** Opens what a command only looks at: a named state file must be there already. */
export async function openExisting(io: Io, options: CommonOptions): Promise<Opened> {
  if (options.state !== undefined && !existsSync(options.state)) {
    throw new UsageError(
      `there is no state file ${options.state}; "lookout run --state ${options.state}" would make it`,
    );
  }
  return openApp(io, options);
}

/**
 * The application over a store that is open already, as after a reload. `stamp`: when the configuration was read; ms.
 * `counters`: those of the process, which a reload does not set back.
 */
export function assemble(
  io: Pick<Io, "send" | "err">,
  config: OpenedConfig,
  store: Store,
  bus: Bus,
  stamp?: number,
  counters?: Counters,
): Omit<Opened, "close"> {
  const { secrets } = config;
  const log = createLog(io);
  const print = (text: string) => io.send(`${text}\n`);
  const app = createApp(config.config, {
    store,
    clock: wallClock,
    random: Math.random,
    identity: store.peers?.identity() ?? processIdentity(),
    log,
    bus,
    secrets,
    print,
    stamp,
    counters,
  });
  return { app, log, places: config.places, secrets };
}

export async function openStore(
  io: Pick<Io, "err">,
  { config: { store }, secrets }: { config: Pick<Config, "store">; secrets: Pick<Secrets, "resolve"> },
  state: string | undefined,
): Promise<Store> {
  const options = { now: wallClock.now, warn: (message: string) => io.err(`lookout: ${message}\n`) };
  if (state !== undefined) return openSqliteStore({ ...options, path: resolve(state) });
  if (store.type === "sqlite") return openSqliteStore({ ...options, path: store.path });
  // Loaded only where they are used: they bring the AWS SDK and a driver with them.
  if (store.type === "postgres") {
    const { openPostgresStore } = await import("../store/postgres/postgres.ts");
    return openPostgresStore({ url: await databaseUrl(store.url, secrets), clock: wallClock });
  }
  const { openDynamoStore } = await import("../store/dynamodb/dynamodb.ts");
  return openDynamoStore({ ...store, clock: wallClock });
}

async function databaseUrl(url: string, secrets: Pick<Secrets, "resolve">): Promise<string> {
  try {
    return await secrets.resolve(url);
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new StoreError(`store.url: ${error.message}`);
  }
}

/** The nearest folder upwards that holds a package.json: the same from source and when built. */
function packageRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : packageRoot(join(folder, ".."));
}
