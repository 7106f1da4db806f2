// The one HTTP client for the cloud APIs: authorizes, limits, retries what is worth it and says the rest in words.
// Invariants: refused credentials are never tried again by themselves; no error shows a secret;
// redirects are not followed.
import type { Clock } from "../../model/clock.ts";
import type { ConnectionConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import type { Redactor } from "../../model/redactor.ts";
import { escapeUri } from "../../model/signer.ts";
import { type Authorizer, createAuthorizer, secretsOf } from "./auth.ts";
import { type CloudClient, CloudError, type CloudRequest } from "./client.ts";
import { type EndpointName, endpointOf } from "./endpoints.ts";
import { describe, exchange, type Outgoing, readJson } from "./exchange.ts";
import { type CredentialGate, openGate } from "./gate.ts";
import { createRenewals, createTokenKeeper, type Renewals, readProjectId, type TokenStore } from "./iam.ts";
import { createLimiter, type Limiter } from "./limiter.ts";
import { checkPath } from "./path.ts";

export interface ClientLimits {
  /** Requests under way at once. */
  concurrency: number;
  /**
   * Requests a second, with two seconds' worth at once after a pause; 0 for no budget. The clouds publish no figure.
   */
  rate: number;
  /** ms for one try, the body included. */
  timeout: number;
  /** Of one answer. */
  bytes: number;
}

const DEFAULTS: ClientLimits = { concurrency: 24, rate: 20, timeout: 30_000, bytes: 8 * 1_048_576 };
const TRIES = 3;
const BACKOFF_MS = 200;
/** No try starts later than this after the first: a target that never answers costs one timeout, not three. */
const BUDGET_MS = 20_000;
/** A longer Retry-After is the caller's to keep. */
const WORTH_WAITING_MS = 3_000;
/** The last part of a path that is a list of what stands before it. */
const LISTS: ReadonlySet<string> = new Set(["events", "logs"]);

export interface ClientOptions {
  /** Its `auth` holds the secrets themselves. */
  connection: Pick<ConnectionConfig, "cloud" | "region" | "projectId" | "project" | "auth" | "endpoints">;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
  /** Is given the credentials and every token issued for them: a server may repeat what it was sent. */
  redactor: Redactor;
  gate?: CredentialGate;
  /** Keeps IAM tokens between processes. */
  tokens?: TokenStore;
  projects?: ProjectStore;
  limits?: Partial<ClientLimits>;
  /** The budget that it shares with others; default: one of its own, by its limits. */
  limiter?: Limiter;
}

/** Where the application may keep the id of a project that is configured by name. */
export interface ProjectStore {
  /** Undefined where it is to be looked up. */
  load(): Promise<string | undefined>;
  save(id: string): Promise<void>;
}

export interface ConnectionClient extends CloudClient {
  /** The connection's project id, looked up once by name where the configuration names no id. Throws CloudError. */
  projectId(): Promise<string>;
}

type AskOptions = Pick<CloudRequest, "signal" | "heard" | "patient">;

/** What every request of a client goes by. */
interface Line extends ClientOptions {
  gate: CredentialGate;
  limits: ClientLimits;
  limiter: Limiter;
}

/** A line with the credentials that requests to the APIs are made with. */
interface Client extends Line {
  authorize: Authorizer;
  renewals: Renewals;
  /** The project's id where it is being looked up, or was. */
  lookup: Promise<string> | undefined;
}

/** Throws CloudError when the connection has no credentials. Nothing is sent before the first request. */
export function createCloudClient(options: ClientOptions): ConnectionClient {
  const { connection, clock, redactor, gate = openGate } = options;
  const limits = { ...DEFAULTS, ...options.limits };
  const { auth } = connection;
  if (auth === undefined) throw new CloudError("credentials", "the connection has no credentials: set its auth");
  const { limiter = createLimiter(clock, limits) } = options;
  for (const secret of secretsOf(auth)) redactor.add(secret);
  const line: Line = { ...options, gate, limits, limiter };
  const keeper = "password" in auth ? passwordKeeper(line, auth) : undefined;
  const authorize = createAuthorizer(auth, clock, keeper);
  const client: Client = { ...line, authorize, renewals: createRenewals(clock), lookup: undefined };
  return {
    projectId: () => projectId(client),
    async request({ service, method = "GET", path, query, headers, body, ...options }) {
      const id = await projectId(client);
      const filled = path.replace("{project_id}", () => escapeUri(id));
      const outgoing = prepare(connection, service, method, filled, query, headers, body);
      return ask(client, outgoing, id, options);
    },
  };
}

function passwordKeeper(line: Line, login: { username: string; password: string; domain: string }) {
  const { projectId, project } = line.connection;
  const scope = projectId === undefined ? { name: project ?? "" } : { id: projectId };
  const askForToken = (body: unknown) => askIam(line, body);
  return createTokenKeeper({ ...login, project: scope }, askForToken, line.clock, line.redactor, line.tokens);
}

async function askIam(line: Line, body: unknown): Promise<{ body: unknown; headers: Headers }> {
  const { connection, clock, redactor, limits } = line;
  const outgoing = prepare(connection, "iam", "POST", "/v3/auth/tokens", { nocatalog: true }, {}, body);
  return withRetries(line, async () => {
    // That IAM issues a token does not prove that an API takes it: one that refuses new ones is to rest like any other.
    return judged(
      line,
      async () => {
        const answer = await exchange(outgoing, limits);
        return { body: readJson(answer, describe(outgoing), clock.now(), redactor.redact), headers: answer.headers };
      },
      { proves: false },
    );
  });
}

async function projectId(client: Client): Promise<string> {
  const { connection } = client;
  if (connection.projectId !== undefined) return connection.projectId;
  const name = connection.project;
  if (name === undefined) throw new CloudError("bad-request", "the connection names no project: set its projectId");
  client.lookup ??= findProject(client, name).catch((error) => {
    client.lookup = undefined;
    throw error;
  });
  return client.lookup;
}

async function findProject(client: Client, name: string): Promise<string> {
  const kept = await client.projects?.load();
  if (kept !== undefined) return kept;
  const outgoing = prepare(client.connection, "iam", "GET", "/v3/projects", { name });
  const id = readProjectId(await ask(client, outgoing, undefined), name);
  await client.projects?.save(id);
  return id;
}

function prepare(
  connection: ClientOptions["connection"],
  name: EndpointName,
  method: string,
  path: string,
  query: CloudRequest["query"] = {},
  headers: Record<string, string> = {},
  body?: unknown,
): Outgoing {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = pairs.map(([key, value]) => `${escapeUri(key)}=${escapeUri(String(value))}`).join("&");
  const url = new URL(`${endpointOf(connection, name)}${path}${search === "" ? "" : `?${search}`}`);
  checkPath(url, path);
  if (body === undefined) return { method, url, headers: { accept: "application/json", ...headers } };
  const all = { accept: "application/json", "content-type": "application/json", ...headers };
  return { method, url, headers: all, body: JSON.stringify(body) };
}

function ask(client: Client, outgoing: Outgoing, project: string | undefined, options: AskOptions = {}) {
  const { signal, patient } = options;
  const { limiter } = client;
  return withRetries(
    client,
    () => limiter.run(() => attempt(client, outgoing, project, options), signal, patient),
    signal,
  );
}

async function withRetries<T>({ clock, random }: Line, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const started = clock.now();
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      const wait = tries < TRIES ? retryDelay(error, tries, clock.now(), random) : undefined;
      if (wait === undefined || clock.now() + wait - started > BUDGET_MS) throw error;
      await clock.sleep(wait, signal);
    }
  }
}

/** One try; an outdated token is exchanged for a new one once. */
async function attempt(
  client: Client,
  outgoing: Outgoing,
  project: string | undefined,
  options: AskOptions,
): Promise<unknown> {
  const { clock, redactor, limits, renewals } = client;
  const about = resourceOf(outgoing);
  for (let renewed = false; ; renewed = true) {
    const credential = await client.authorize();
    const renew = renewed || !renewals.areOfUse(about) ? undefined : credential.outdated;
    try {
      return await judged(
        client,
        async () => {
          const headers = { ...outgoing.headers, ...credential.headers(outgoing, project) };
          const answer = await exchange({ ...outgoing, headers }, limits, options.signal);
          options.heard?.(answer.text.length);
          return readJson(answer, describe(outgoing), clock.now(), redactor.redact);
        },
        // Where the project is still to be found out, nothing else can be asked for.
        { renewable: renew !== undefined, ...(project !== undefined && { about }) },
      );
    } catch (error) {
      if (!(error instanceof CloudError) || error.kind !== "credentials") throw error;
      if (renewed) renewals.wasInVain(about);
      if (renew === undefined) throw error;
      renew();
    }
  }
}

/**
 * Asks the gate for an attempt, and reports to it what that says about the credentials; `proves`:
 * whether an answer proves them.
 */
async function judged<T>(
  { gate }: Line,
  work: () => Promise<T>,
  { renewable = false, proves = true, about }: { renewable?: boolean; proves?: boolean; about?: string } = {},
): Promise<T> {
  const attempt = await gate.begin(about);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    const verdict = error instanceof CloudError ? verdictOf(error, renewable) : "undecided";
    if (verdict === "refused") await attempt.refused(error as CloudError);
    else await attempt[verdict]();
    throw error;
  }
  await (proves ? attempt.accepted() : attempt.undecided());
  return result;
}

function verdictOf(error: CloudError, renewable: boolean): "refused" | "accepted" | "undecided" {
  const { kind, status = 0 } = error;
  if (kind === "credentials") return renewable ? "undecided" : "refused";
  // A redirect or an unknown API is answered before the credentials are looked at.
  const asked = kind === "bad-request" && status >= 400 && status !== 404;
  return asked || kind === "forbidden" || kind === "not-found" ? "accepted" : "undecided";
}

/** ms with full jitter; undefined where another try now is of no use. */
function retryDelay(error: CloudError, tries: number, now: number, random: () => number): number | undefined {
  const { kind, retryAt, status } = error;
  const transient = kind === "network" || kind === "server" || kind === "throttled" || kind === "malformed";
  // 413 is our own limit: the answer will not be smaller next time.
  if (!transient || (kind === "malformed" && (status === undefined || status === 413))) return undefined;
  const jittered = random() * BACKOFF_MS * 2 ** (tries - 1);
  if (retryAt === undefined) return jittered;
  return retryAt - now > WORTH_WAITING_MS ? undefined : Math.max(retryAt - now, 0) + jittered;
}

/**
 * Names the resource that is asked for, the same for each of its lists: one that is always refused
 * says little of the credentials.
 */
function resourceOf({ url: { origin, pathname, searchParams } }: Outgoing): string {
  const end = pathname.lastIndexOf("/");
  const path = LISTS.has(pathname.slice(end + 1)) ? pathname.slice(0, end) : pathname;
  return hashOf([origin, path, searchParams.get("name")], 12);
}
