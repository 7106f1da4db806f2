// Resolves secret references when they are needed; no error, cache key or log of it ever holds a value.
import { readFile } from "node:fs/promises";
import { resolve as resolvePath } from "node:path";
import type { Environment } from "./environment.ts";
import type { Redactor } from "./redactor.ts";
import { type Reference, splitReferences } from "./references.ts";

/** How long a value from AWS is used before it is asked for again. ms */
const CACHE_MS = 300_000;

/** Where `${ssm:…}` and `${secretsmanager:…}` come from; lib/aws/secrets.ts has the real one. */
export interface AwsSecrets {
  /** The decrypted value of an SSM parameter. */
  parameter(name: string): Promise<string>;
  /** The text of a Secrets Manager secret. */
  secret(id: string): Promise<string>;
}

/** A reference that has no value: names the reference and what to do, never a value. */
export class SecretError extends Error {
  override readonly name = "SecretError";
  readonly reference: string;

  constructor(reference: string, problem: string, options?: ErrorOptions) {
    super(`${reference} ${problem}`, options);
    this.reference = reference;
  }
}

export interface Secrets {
  /** The text with its references replaced by their values; throws SecretError. */
  resolve(text: string): Promise<string>;
  /**
   * The same value with every string resolved, in lists and objects of any depth; throws SecretError. What stands under a
   * key that names something public (a region, a project) is not kept for redaction, all else is.
   */
  resolveDeep<T>(value: T): Promise<T>;
  /** What is wrong with the text's references to variables and files; those to AWS are not tried. */
  problems(text: string): Promise<string[]>;
}

/** Keys whose values stand in every event and message, wherever they come from. */
const PUBLIC = new Set([
  "cloud",
  "region",
  "project",
  "projectId",
  "workspaces",
  "endpoints",
  "type",
  "format",
  "table",
  "path",
]);
/** Keys whose values are secret also where they stand in the file itself. */
const SECRET = /(key|secret|token|password|url|authorization)$/i;

export interface SecretOptions {
  env: Environment;
  /** Folder of the configuration file: `${file:…}` is relative to it. */
  baseDir: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Is told every secret value that was resolved. */
  redactor: Redactor;
  aws?: AwsSecrets;
}

export function createSecrets({ env, baseDir, now, redactor, aws }: SecretOptions): Secrets {
  const cache = new Map<string, { until: number; value: Promise<string> }>();

  function lookUp(reference: Reference): Promise<string> {
    if (reference.scheme === "env") return fromEnvironment(reference, env);
    if (reference.scheme === "file") return fromFile(reference, baseDir);
    return cached(reference);
  }

  function cached(reference: Reference): Promise<string> {
    const hit = cache.get(reference.text);
    if (hit && hit.until > now()) return hit.value;
    const value = fromAws(reference, aws);
    cache.set(reference.text, { until: now() + CACHE_MS, value });
    // A failure is asked again at once.
    value.catch(() => cache.delete(reference.text));
    return value;
  }

  async function resolveText(text: string, remember: boolean): Promise<string> {
    const values = splitReferences(text).map(async (part) => {
      if (typeof part === "string") return part;
      const value = await lookUp(part);
      if (remember) redactor.add(value);
      return value;
    });
    return (await Promise.all(values)).join("");
  }

  async function resolveAny(value: unknown, key: string): Promise<unknown> {
    if (typeof value === "string") {
      const resolved = await resolveText(value, !PUBLIC.has(key));
      if (SECRET.test(key)) redactor.add(resolved);
      return resolved;
    }
    if (Array.isArray(value)) return Promise.all(value.map((item) => resolveAny(item, key)));
    if (typeof value !== "object" || value === null) return value;
    const inherited = PUBLIC.has(key) ? () => key : (name: string) => name;
    const entries = Object.entries(value).map(async ([name, part]) => [name, await resolveAny(part, inherited(name))]);
    return Object.fromEntries(await Promise.all(entries));
  }

  return {
    resolve: (text) => resolveText(text, true),
    resolveDeep: async <T>(value: T) => (await resolveAny(value, "")) as T,
    async problems(text) {
      const local = splitReferences(text).filter(
        (part): part is Reference => typeof part !== "string" && (part.scheme === "env" || part.scheme === "file"),
      );
      const tried = await Promise.allSettled(local.map(lookUp));
      return tried.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : []));
    },
  };
}

async function fromEnvironment({ text, name }: Reference, env: Environment): Promise<string> {
  const value = env[name];
  if (value === undefined) throw new SecretError(text, `has no value: set the environment variable ${name}`);
  if (value === "") throw new SecretError(text, `is empty: give the environment variable ${name} a value`);
  return value;
}

async function fromFile({ text, name }: Reference, baseDir: string): Promise<string> {
  const path = resolvePath(baseDir, name);
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no such file" : `the file cannot be read (${code})`;
    throw new SecretError(text, `has no value: ${problem}; expected it at ${path}`, { cause: error });
  }
  const value = content.replace(/\r?\n$/, "");
  if (value === "") throw new SecretError(text, `is empty: write the value into ${path}`);
  return value;
}

async function fromAws({ text, scheme, name }: Reference, aws: AwsSecrets | undefined): Promise<string> {
  if (!aws) throw new SecretError(text, "has no value: references to AWS are not available here");
  const [id = "", key] = scheme === "ssm" ? [name] : name.split("#");
  let value: string;
  try {
    value = scheme === "ssm" ? await aws.parameter(id) : await aws.secret(id);
  } catch (error) {
    const what = error instanceof Error ? error.name : "unknown error";
    throw new SecretError(
      text,
      `could not be read from AWS (${what}): check that it exists and that this role may read it`,
      {
        cause: error,
      },
    );
  }
  return key === undefined ? value : jsonField(text, value, key);
}

function jsonField(text: string, secret: string, key: string): string {
  let fields: unknown;
  try {
    fields = JSON.parse(secret);
  } catch {
    // The parser's own message would quote the secret.
    throw new SecretError(text, "has no value: the secret is not JSON; leave out the #key to use it whole");
  }
  const value =
    typeof fields === "object" && fields !== null && Object.hasOwn(fields, key)
      ? (fields as Record<string, unknown>)[key]
      : undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new SecretError(text, `has no value: the secret has no key "${key}" with a text`);
}
