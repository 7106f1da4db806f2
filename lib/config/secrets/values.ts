// Where the value of one secret reference comes from, and what is said when there is none: never a value.
import { resolve } from "node:path";
import { lookup } from "../../model/lookup.ts";
import { readRegular } from "../document/regular-file.ts";
import type { Environment } from "../environment.ts";
import type { Reference } from "./references.ts";

/** Where `${ssm:…}` and `${secretsmanager:…}` come from; lib/aws/secrets.ts has the real one. */
export interface AwsSecrets {
  /** The decrypted value of an SSM parameter. */
  parameter(name: string): Promise<string>;
  /** The text of a Secrets Manager secret. */
  secret(id: string): Promise<string>;
}

/** Bytes of a secret's file, at most. */
const MAX_BYTES = 65_536;

/** A reference that has no value: names the reference and what to do, never a value. */
export class SecretError extends Error {
  override readonly name = "SecretError";
  readonly reference: string;

  constructor(reference: string, problem: string, options?: ErrorOptions) {
    super(`${reference} ${problem}`, options);
    this.reference = reference;
  }
}

export async function fromEnvironment({ text, name }: Reference, env: Environment): Promise<string> {
  const value = lookup(env, name);
  if (value === undefined) throw new SecretError(text, `has no value: set the environment variable ${name}`);
  if (value === "") throw new SecretError(text, `is empty: give the environment variable ${name} a value`);
  return value;
}

export async function fromFile({ text, name }: Reference, baseDir: string): Promise<string> {
  const path = resolve(baseDir, name);
  let content: string | undefined;
  try {
    content = await readRegular(path, MAX_BYTES);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no such file" : `the file cannot be read (${code})`;
    throw new SecretError(text, `has no value: ${problem}; expected it at ${path}`, { cause: error });
  }
  if (content === undefined) {
    throw new SecretError(text, `has no value: ${path} is no regular file of at most ${MAX_BYTES / 1_024} KB`);
  }
  const value = content.replace(/\r?\n$/, "");
  if (value === "") throw new SecretError(text, `is empty: write the value into ${path}`);
  return value;
}

export async function fromAws({ text, scheme, name }: Reference, aws: AwsSecrets | undefined): Promise<string> {
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
