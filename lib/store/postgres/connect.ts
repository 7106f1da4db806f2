// Where the database is and how connections to it are made: from the URL, with time-outs that end whatever is stuck.
import { Client, type ClientBase, type ClientConfig, type QueryConfig } from "pg";
import { StoreError } from "../port.ts";
import { refusesTls } from "./error.ts";

/** Where the database is, as people may see it. */
export interface Server {
  config: ClientConfig;
  /** Host, port and database, without the user's password. */
  name: string;
}

/** https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-SSLMODE, less "allow". */
const MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"];

/** ms */
const CONNECTING = 5_000;
const LIMITS: ClientConfig = {
  connectionTimeoutMillis: CONNECTING,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  // Longer than the server's own: an answer that has not come by then is lost with its connection.
  query_timeout: 20_000,
};

/** ms. A commit takes milliseconds: the server itself ends what lasts longer, and its locks with it. */
const SESSION = `SET statement_timeout = 15000; SET lock_timeout = 10000;
  SET idle_in_transaction_session_timeout = 5000`;

/**
 * What each connection does before anything else. Not by parameters of the connection's start: PgBouncer refuses those,
 * or drops them without a word.
 */
export async function limitSession(client: ClientBase): Promise<void> {
  // The types lack the time-out of a single query.
  const query: QueryConfig & { query_timeout: number } = { text: SESSION, query_timeout: CONNECTING };
  await client.query(query);
}

/**
 * Reads the URL and finds out whether the server takes TLS where the URL leaves that open. Throws StoreError, or the
 * error of the connection.
 */
export async function findServer(url: string): Promise<Server> {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new StoreError(
      "store.url is no PostgreSQL URL: write postgres://user:password@host:5432/database, with special characters of the " +
        "password percent-encoded",
    );
  }
  const mode = parsed.searchParams.get("sslmode");
  if (mode !== null && !MODES.includes(mode)) {
    throw new StoreError(`sslmode in store.url must be one of ${MODES.join(", ")}, not "${mode}"`);
  }
  if (mode === "verify-ca" && !parsed.searchParams.has("sslrootcert")) {
    throw new StoreError("sslmode=verify-ca in store.url needs sslrootcert, the file of the authority's certificate");
  }
  const server = serverOf(parsed, mode ?? "prefer");
  const error = await failureOf(server);
  if (error === undefined) return server;
  if ((mode ?? "prefer") === "prefer" && refusesTls(error)) return serverOf(parsed, "disable");
  throw Object.assign(error, { server });
}

async function failureOf({ config }: Server): Promise<Error | undefined> {
  const client = new Client(config);
  client.on("error", () => {});
  try {
    await client.connect();
    await limitSession(client);
    return undefined;
  } catch (error) {
    return error as Error;
  } finally {
    client.end().catch(() => {});
  }
}

function serverOf(url: URL, mode: string): Server {
  const own = new URL(url);
  own.searchParams.set("sslmode", mode);
  // Without it the driver takes "require" for "verify-full", and says so on standard error.
  own.searchParams.set("uselibpqcompat", "true");
  const config: ClientConfig = { ...LIMITS, fallback_application_name: "lookout", connectionString: own.href };
  const { host, port, database = "" } = clientOf(config);
  const at = host.startsWith("/") ? host : `${host}:${port}`;
  return { config, name: `the PostgreSQL database "${database}" on ${at}` };
}

/** The driver reads the URL, and the files that it names. */
function clientOf(config: ClientConfig): Client {
  try {
    return new Client(config);
  } catch (error) {
    const { path, code } = error as NodeJS.ErrnoException;
    const what = path === undefined ? "" : `: the file ${path} that it names cannot be read (${code})`;
    throw new StoreError(`store.url cannot be used${what || ": percent-encode its special characters"}`, {
      cause: error,
    });
  }
}
