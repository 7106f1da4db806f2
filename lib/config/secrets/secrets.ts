// Resolves secret references when they are needed; no error, cache key or log of it ever holds a value.
import { setImmediate as turn } from "node:timers/promises";
import type { Redactor } from "../../model/redactor.ts";
import type { Environment } from "../environment.ts";
import { type Reference, splitReferences } from "./references.ts";
import { type AwsSecrets, fromAws, fromEnvironment, fromFile } from "./values.ts";

/** How long a value from AWS is used before it is asked for again. ms */
const CACHE_MS = 300_000;
/** How long one that was asked for anew serves those who want it anew. ms */
const ANEW_MS = 60_000;

export interface Secrets {
  /** The text with its references replaced by their values; throws SecretError. */
  resolve(text: string): Promise<string>;
  /**
   * The same value with every string resolved, in lists and objects of any depth; throws SecretError. What stands under
   * a key such as `secret` or `url` is redacted from then on even where it is no reference. With `anew`, because what
   * it had was refused, a value from AWS is asked for past what is kept of it, at most once a minute.
   */
  resolveDeep<T>(value: T, options?: { anew: boolean }): Promise<T>;
  /** Redacts from then on what `resolveDeep` would, as far as it can be had without AWS. Never rejects. */
  learnLocal(value: unknown): Promise<void>;
  /** The text with its references replaced; undefined where one has no value, or is one to AWS, which is not asked. */
  resolveLocal(text: string): Promise<string | undefined>;
  /** What is wrong with the text's references to variables and files; those to AWS are not tried. */
  problems(text: string): Promise<string[]>;
}

/** Keys, and names of headers, whose values are secret also where they stand in the file itself. */
const SECRET = /(key|secret|token|password|url|signature|cookie)$|auth|credential/i;

/** Then others have their turn. */
const TEXTS_AT_ONCE = 500;

interface Kept {
  until: number;
  value: Promise<string>;
}

interface SecretOptions {
  env: Environment;
  /** Folder of the configuration file: `${file:…}` is relative to it. */
  baseDir: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Hears every secret value that was resolved. */
  redactor: Redactor;
  aws?: AwsSecrets;
}

export function createSecrets({ env, baseDir, now, redactor, aws }: SecretOptions): Secrets {
  const cache = new Map<string, Kept>();
  const askedAnew = new Map<string, Kept>();

  function lookUp(reference: Reference, anew: boolean): Promise<string> {
    if (reference.scheme === "env") return fromEnvironment(reference, env);
    if (reference.scheme === "file") return fromFile(reference, baseDir);
    return anew ? pastCache(reference) : cached(reference);
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

  /** A failure counts as asked, too, and leaves what is kept to those who have no reason to doubt it. */
  function pastCache(reference: Reference): Promise<string> {
    const { text } = reference;
    const hit = askedAnew.get(text);
    if (hit && hit.until > now()) return hit.value;
    const value = fromAws(reference, aws);
    askedAnew.set(text, { until: now() + ANEW_MS, value });
    const until = now() + CACHE_MS;
    value.then(
      () => cache.set(text, { until, value }),
      () => {},
    );
    return value;
  }

  async function resolveText(text: string, anew: boolean): Promise<string> {
    const values = splitReferences(text).map(async (part) => {
      if (typeof part === "string") return part;
      const value = await lookUp(part, anew);
      redactor.add(value);
      return value;
    });
    return (await Promise.all(values)).join("");
  }

  async function resolveLocal(text: string): Promise<string | undefined> {
    return referencesIn(text).every(isLocal) ? resolveText(text, false).catch(() => undefined) : undefined;
  }

  async function resolveAny(value: unknown, key: string, anew: boolean): Promise<unknown> {
    if (typeof value === "string") {
      const text = await resolveText(value, anew);
      if (SECRET.test(key)) redactor.add(text);
      return text;
    }
    if (Array.isArray(value)) return Promise.all(value.map((item) => resolveAny(item, key, anew)));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).map(async ([name, part]) => [name, await resolveAny(part, name, anew)]);
    return Object.fromEntries(await Promise.all(entries));
  }

  return {
    resolve: (text) => resolveText(text, false),
    resolveLocal,
    async resolveDeep<T>(value: T, { anew } = { anew: false }) {
      return (await resolveAny(value, "", anew)) as T;
    },
    async learnLocal(value) {
      let count = 0;
      for (const [key, text] of textsIn(value, "")) {
        const resolved = await resolveLocal(text);
        if (resolved !== undefined && SECRET.test(key)) redactor.add(resolved);
        if (++count % TEXTS_AT_ONCE === 0) await turn();
      }
    },
    async problems(text) {
      const local = referencesIn(text).filter(isLocal);
      const tried = await Promise.allSettled(local.map((reference) => lookUp(reference, false)));
      return tried.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : []));
    },
  };
}

/** Every text in `value` with the key that it stands under. */
function* textsIn(value: unknown, key: string): Generator<[key: string, text: string]> {
  if (typeof value === "string") yield [key, value];
  else if (Array.isArray(value)) for (const item of value) yield* textsIn(item, key);
  else if (typeof value === "object" && value !== null)
    for (const [name, part] of Object.entries(value)) yield* textsIn(part, name);
}

function referencesIn(text: string): Reference[] {
  return splitReferences(text).filter((part) => typeof part !== "string");
}

function isLocal({ scheme }: Reference): boolean {
  return scheme === "env" || scheme === "file";
}
