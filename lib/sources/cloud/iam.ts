// IAM tokens for a user name and password: asked for once by all callers, renewed early, kept in memory and (optional) in a
// store of the application's. https://docs.otc.t-systems.com/identity-access-management/api-ref/apis/token_management/
import * as z from "zod";
import type { Clock } from "../../model/clock.ts";
import type { Redactor } from "../../model/redactor.ts";
import { segmentProblem } from "../../model/segment.ts";
import { CloudError } from "./client.ts";

/** Renewed this long before it expires, or half its life where that is shorter. */
const RENEW_BEFORE_MS = 15 * 60_000;
const DEFAULT_LIFE_MS = 24 * 3_600_000;
/** Tokens of the past that are remembered. */
const PAST = 4;

export interface Token {
  value: string;
  /** When it is to be renewed. ms, by this machine's clock. */
  renewAt: number;
  /** Those before it, which may be good for a while yet: they are kept out of every text, too. */
  past?: readonly string[];
}

/** Where the application may keep a token between processes, encrypted. Both may fail softly: a token can always be had anew. */
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

  async function renew(): Promise<Token> {
    const kept = await store?.load();
    if (kept !== undefined) hideToken(redactor, kept);
    if (kept !== undefined && kept.value !== dropped && usable(kept)) return kept;
    const before = kept ?? current;
    const past = before === undefined ? {} : { past: [before.value, ...(before.past ?? [])].slice(0, PAST) };
    const token = { ...readToken(await ask(loginBody(login)), clock.now()), ...past };
    hideToken(redactor, token);
    await store?.save(token);
    return token;
  }

  function usable(token: Token): boolean {
    return clock.now() < token.renewAt;
  }

  return {
    async get() {
      if (current !== undefined && usable(current)) return current;
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

export function hideToken(redactor: Redactor, { value, past = [] }: Token): void {
  for (const token of [value, ...past]) redactor.add(token);
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
  if (!value) throw new CloudError("malformed", "IAM answered a login without the header X-Subject-Token");
  const { token } = TokenAnswer.safeParse(answer.body).data ?? {};
  const expires = Date.parse(token?.expires_at ?? "");
  const issued = Date.parse(token?.issued_at ?? "");
  const life = Number.isNaN(expires) ? DEFAULT_LIFE_MS : expires - (Number.isNaN(issued) ? now : issued);
  return { value, renewAt: now + Math.max(life - RENEW_BEFORE_MS, life / 2) };
}

const ProjectsAnswer = z.object({ projects: z.array(z.object({ id: z.string(), name: z.string() })) });

/** The id of the project with exactly this name in an answer of GET /v3/projects?name=; throws CloudError when there is none. */
export function readProjectId(answer: unknown, name: string): string {
  const parsed = ProjectsAnswer.safeParse(answer);
  if (!parsed.success) throw new CloudError("malformed", "IAM answered a list of projects that cannot be understood");
  const project = parsed.data.projects.find((candidate) => candidate.name === name);
  if (project && segmentProblem(project.id) !== undefined)
    throw new CloudError("malformed", `IAM answered an id of project ${name} that is none`);
  if (project) return project.id;
  throw new CloudError("not-found", `no project named ${name} is visible to these credentials: set projectId instead`);
}
