// IAM tokens for a user name and password: asked for once by all callers, renewed early, kept in memory and (optional)
// in a store of the application's.
// https://docs.otc.t-systems.com/identity-access-management/api-ref/apis/token_management/
import * as z from "zod";
import type { Clock } from "../../model/clock.ts";
import type { Redactor } from "../../model/redactor.ts";
import { segmentProblem } from "../../model/segment.ts";
import { CloudError, type CloudErrorKind } from "./client.ts";

/** Renewed this long before it expires, or half its life where that is shorter. */
const RENEW_BEFORE_MS = 15 * 60_000;
const DEFAULT_LIFE_MS = 24 * 3_600_000;
/** One that is good for less than this is of no use: it would be renewed at every other request. */
const MIN_LIFE_MS = 60_000;
/** Tokens of the past that are remembered. */
const PAST = 4;
/** Characters. No header that we send may be longer. */
const MAX_TOKEN = 32_768;
/**
 * How long IAM is left alone after a login that failed: doubling up to a minute, where it answered
 * with no use up to ten. ms
 */
const BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 60_000;
const MAX_USELESS_BACKOFF_MS = 600_000;
/**
 * So long what refused a new token is no reason for another one, and nothing is where so many did within so long. ms
 */
const IN_VAIN_MS = 600_000;
const CROWD = 3;
const CROWD_MS = 60_000;
const TRANSIENT: ReadonlySet<CloudErrorKind> = new Set(["network", "server", "throttled"]);

export interface Token {
  value: string;
  /** When it is to be renewed. ms, by this machine's clock. */
  renewAt: number;
  /** Those before it, which may be good for a while yet: they are kept out of every text, too. */
  past?: readonly string[];
}

/**
 * Where the application may keep a token between processes, encrypted. Both may fail softly: a
 * token can always be had anew.
 */
export interface TokenStore {
  load(): Promise<Token | undefined>;
  save(token: Token): Promise<void>;
}

export interface PasswordLogin {
  username: string;
  password: string;
  domain: string;
  project: { id: string } | { name: string };
}

/** What asks IAM: the parsed answer and its headers; throws CloudError. */
export type AskIam = (body: unknown) => Promise<{ body: unknown; headers: Headers }>;

export interface TokenKeeper {
  /** A token that is good for now. */
  get(): Promise<Token>;
  /** The cloud refused this one: the next `get` asks for another. */
  drop(token: Token): void;
}

/** What is issued, and what the store holds, is secret from then on. */
export function createTokenKeeper(
  login: PasswordLogin,
  ask: AskIam,
  clock: Clock,
  redactor: Redactor,
  store?: TokenStore,
): TokenKeeper {
  let current: Token | undefined;
  let dropped: string | undefined;
  let pending: Promise<Token> | undefined;
  let failures = 0;
  /** What is said until IAM is asked again. */
  let failed: CloudError | undefined;

  async function logIn(): Promise<Token> {
    if (failed !== undefined && clock.now() < failed.retryAt!) throw failed;
    try {
      const token = readToken(await ask(loginBody(login)), clock.now());
      failures = 0;
      failed = undefined;
      return token;
    } catch (error) {
      if (!(error instanceof CloudError) || isGates(error)) throw error;
      failed = heldBack(error, ++failures, clock.now());
      throw failed;
    }
  }

  async function renew(): Promise<Token> {
    const kept = await store?.load();
    if (kept !== undefined) hideToken(redactor, kept);
    if (kept !== undefined && kept.value !== dropped && usable(kept)) return kept;
    const before = kept ?? current;
    const past = before === undefined ? {} : { past: [before.value, ...(before.past ?? [])].slice(0, PAST) };
    const token = { ...(await logIn()), ...past };
    hideToken(redactor, token);
    await store?.save(token);
    return token;
  }

  function usable(token: Token): boolean {
    return clock.now() < token.renewAt;
  }

  return {
    async get() {
      if (current !== undefined && usable(current)) {
        hideToken(redactor, current);
        return current;
      }
      pending ??= renew().finally(() => {
        pending = undefined;
      });
      current = await pending;
      return current;
    },
    drop(token) {
      dropped = token.value;
      if (current?.value === token.value) current = undefined;
    },
  };
}

/** Which refusals may mean that a token is outdated. */
export interface Renewals {
  areOfUse(about: string): boolean;
  /** The new token was refused for this, too. */
  wasInVain(about: string): void;
}

/** What refuses a new token as well gets no other one soon; where many do, nobody else does for a while. */
export function createRenewals(clock: Clock): Renewals {
  const inVain = new Map<string, number>();
  const ages = () => [...inVain.values()].map((at) => Math.abs(clock.now() - at));
  return {
    areOfUse(about) {
      for (const [name, at] of inVain) {
        if (Math.abs(clock.now() - at) >= IN_VAIN_MS) inVain.delete(name);
      }
      return !inVain.has(about) && ages().filter((age) => age < CROWD_MS).length < CROWD;
    },
    wasInVain(about) {
      inVain.set(about, clock.now());
    },
  };
}

export function hideToken(redactor: Redactor, { value, past = [] }: Token): void {
  for (const token of [...past.toReversed(), value]) redactor.addPassing(token);
}

/** Whether how long to wait is the gate's to say: what answered was the credentials' refusal, or the gate itself. */
function isGates({ kind, status }: CloudError): boolean {
  return kind === "paused" || (kind === "credentials" && status !== undefined);
}

/** The same error, with the time at which IAM is asked again. */
function heldBack(error: CloudError, failures: number, now: number): CloudError {
  const { kind, message, status, code } = error;
  const most = TRANSIENT.has(kind) ? MAX_BACKOFF_MS : MAX_USELESS_BACKOFF_MS;
  const wait = Math.min(BACKOFF_MS * 2 ** (failures - 1), most);
  const retryAt = Math.max(error.retryAt ?? 0, now + wait);
  return new CloudError(kind, message, { status, code, retryAt, cause: error });
}

function loginBody({ username, password, domain, project }: PasswordLogin): unknown {
  return {
    auth: {
      identity: { methods: ["password"], password: { user: { name: username, password, domain: { name: domain } } } },
      scope: { project },
    },
  };
}

const TokenAnswer = z.object({
  token: z.object({ expires_at: z.string(), issued_at: z.string().optional() }).partial().optional(),
});

/** The life is counted from `issued_at`, so that a clock that is off neither renews at every request nor too late. */
function readToken(answer: { body: unknown; headers: Headers }, now: number): Token {
  const value = answer.headers.get("x-subject-token");
  if (!value) throw useless("IAM answered a login without the header X-Subject-Token");
  if (value.length > MAX_TOKEN) throw useless(`IAM issued a token of more than ${MAX_TOKEN} characters`);
  const { token } = TokenAnswer.safeParse(answer.body).data ?? {};
  const expires = Date.parse(token?.expires_at ?? "");
  const issued = Date.parse(token?.issued_at ?? "");
  const stated = Number.isNaN(expires) ? DEFAULT_LIFE_MS : expires - (Number.isNaN(issued) ? now : issued);
  const life = Math.min(stated, DEFAULT_LIFE_MS);
  if (life < MIN_LIFE_MS) {
    const good = life <= 0 ? "had expired when it was issued" : `is good for ${Math.floor(life / 1000)} s only`;
    const from = Number.isNaN(issued)
      ? `it is ${new Date(now).toISOString()} by this machine's clock`
      : `issued_at ${new Date(issued).toISOString()}`;
    throw useless(`IAM issued a token that ${good} (expires_at ${new Date(expires).toISOString()}, ${from})`);
  }
  return { value, renewAt: now + Math.max(life - RENEW_BEFORE_MS, life / 2) };
}

/** As refused credentials are, this is the whole connection's trouble. */
function useless(message: string): CloudError {
  return new CloudError("credentials", message);
}

const ProjectsAnswer = z.object({ projects: z.array(z.object({ id: z.string(), name: z.string() })) });

/**
 * The id of the project with exactly this name in an answer of GET /v3/projects?name=; throws
 * CloudError when there is none.
 */
export function readProjectId(answer: unknown, name: string): string {
  const parsed = ProjectsAnswer.safeParse(answer);
  if (!parsed.success) throw new CloudError("malformed", "IAM answered a list of projects that cannot be understood");
  const project = parsed.data.projects.find((candidate) => candidate.name === name);
  if (project && segmentProblem(project.id) !== undefined)
    throw new CloudError("malformed", `IAM answered an id of project ${name} that is none`);
  if (project) return project.id;
  throw new CloudError("not-found", `no project named ${name} is visible to these credentials: set projectId instead`);
}
