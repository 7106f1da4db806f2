// Every secret of the configuration is resolved once, so that texts can be cleared of it; those
// that cannot be are named.
import { SecretError } from "../../config/secrets/values.ts";
import type { Config } from "../../model/config.ts";
import { isConsoleToken, TOKEN_FORM } from "../../model/files/console-token.ts";
import type { Secrets, UnresolvedSecret } from "../deps.ts";

type Place = [of: UnresolvedSecret["of"], name: string, value: unknown];

/**
 * Resolves all secrets at the first call, and again at each as long as some cannot be. Those are returned.
 * `learnTokens` does the same for what was issued for them; `flawsOf` says what is wrong with a channel's resolved
 * options.
 */
export function createSecretLearner(
  config: Config,
  secrets: Secrets,
  learnTokens: () => Promise<void>,
  flawsOf: (channel: string, options: Record<string, unknown>) => readonly string[],
): () => Promise<readonly UnresolvedSecret[]> {
  const places = placesOf(config);
  let learning: Promise<UnresolvedSecret[]> | undefined;

  async function learn(): Promise<UnresolvedSecret[]> {
    const found = await Promise.all(
      places.map(async ([of, name, value]) => {
        const problems = await problemsOf(secrets, value);
        if (problems.length > 0) return problems.map((message) => ({ of, name, message }));
        return of === "channel" ? flawed(name, await secrets.resolveDeep(value)) : [];
      }),
    );
    const all = found.flat();
    if (all.length > 0) learning = undefined;
    return all;
  }
  function flawed(name: string, options: unknown): UnresolvedSecret[] {
    const flaws = flawsOf(name, options as Record<string, unknown>);
    return flaws.map((message) => ({ of: "channel", name, message, flawed: true }));
  }
  return async () => {
    learning ??= learn();
    const unresolved = await learning;
    await learnTokens();
    return unresolved;
  };
}

/** The values of a configuration that may hold secrets. */
export function secretPlaces(config: Config): unknown[] {
  // An address is known as one by its key.
  return placesOf(config).map(([of, , value]) => (of === "heartbeat" ? { url: value } : value));
}

function placesOf({ connections, sources, channels, health, console, store }: Config): Place[] {
  const endpoints = sources.flatMap(({ id, targets = [] }) =>
    // Where an endpoint is may be shown: its address stands under no key that says otherwise.
    targets.flatMap(({ endpoint }): Place[] =>
      endpoint === undefined ? [] : [["source", id, { header: endpoint.header, address: endpoint.url }]],
    ),
  );
  return [
    ...Object.entries(connections).map(([name, { auth }]): Place => ["connection", name, auth]),
    ...Object.entries(channels).map(([name, { options }]): Place => ["channel", name, options]),
    ...endpoints,
    ["heartbeat", "heartbeat", health.heartbeat],
    ["console", "console", console?.token],
    ...(store.type === "postgres" ? [["store", "store", { url: store.url }] satisfies Place] : []),
  ];
}

/** What is wrong with the references in the value, each once. */
async function problemsOf(secrets: Secrets, value: unknown): Promise<string[]> {
  try {
    await secrets.resolveDeep(value);
    return [];
  } catch {
    const tried = await Promise.allSettled(textsOf(value).map((text) => secrets.resolve(text)));
    return [...new Set(tried.flatMap((one) => (one.status === "rejected" ? [(one.reason as Error).message] : [])))];
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** Throws SecretError, also for what no program could log in with. */
export async function resolveConsoleToken(
  token: string | undefined,
  secrets: Pick<Secrets, "resolve">,
): Promise<string | undefined> {
  const value = token && (await secrets.resolve(token));
  if (value && !isConsoleToken(value)) throw new SecretError("console.token", `must be ${TOKEN_FORM}`);
  return value;
}
