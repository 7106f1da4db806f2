// Finds what is valid but cannot be meant: everything that `lookout check` says beyond errors.
import type { Config } from "../../model/config.ts";
import { isConsoleToken, isGuessable, TOKEN_FORM } from "../../model/files/console-token.ts";
import type { Place } from "../../model/place.ts";
import type { ChannelOptions } from "../check/routes.ts";
import { type Finding, findingAt, sortFindings } from "../document/finding.ts";
import { textsIn } from "../document/raw.ts";
import type { LoadedConfig, Places } from "../load/load.ts";
import type { Secrets } from "../secrets/secrets.ts";
import { lintChannelValues, type ResolveLocal } from "./addresses.ts";
import { lintBudgets, lintConnections } from "./connections.ts";
import { lintLinks } from "./links.ts";
import { lintMessages } from "./messages.ts";
import type { CompilePattern } from "./patterns.ts";
import { lintChannels, lintInhibit, lintRoutes, lintSilences } from "./routes.ts";
import { lintRules } from "./rules.ts";
import { endpointParts, lintExposure } from "./secrets.ts";
import { lintTemplates } from "./templates.ts";
import { type CompileTimeInterval, lintIntervals, lintTimes } from "./times.ts";

export interface LintDeps {
  compilePattern: CompilePattern;
  compileTimeInterval: CompileTimeInterval;
  secrets: Pick<Secrets, "problems" | "resolveLocal">;
  channelTypes: ReadonlyMap<string, ChannelOptions>;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Findings sorted by place; none for a configuration that says what it does. Reads secret files, asks no network. */
export async function lintConfig({ config, places }: LoadedConfig, deps: LintDeps): Promise<Finding[]> {
  const findings = [
    ...lintRules(config, places, deps.compilePattern),
    ...lintTemplates(config, places),
    ...lintConnections(config, places),
    ...lintLinks(config, places),
    ...lintDiscovery(config, places),
    ...lintIdleSources(config, places),
    ...lintBudgets(config, places),
    ...lintRoutes(config, places, deps.compilePattern),
    ...lintSilences(config, places, deps.compilePattern, deps.now),
    ...lintInhibit(config, places, deps.compilePattern),
    ...lintChannels(config, places),
    ...lintMessages(config, places),
    ...lintConsole(config, places),
    ...lintIntervals(config, places, deps.compileTimeInterval, deps.now),
    ...lintTimes(config, places, deps.compileTimeInterval, deps.now),
    ...(await lintToken(config, places, deps.secrets)),
    ...(await lintSecrets(config, places, deps.secrets)),
    ...(await lintExposure(config, places, deps.secrets)),
    ...(await lintChannelValues(config.channels, places, deps.channelTypes, deps.secrets)),
  ];
  return sortFindings(findings, places.files);
}

function lintDiscovery(config: Config, places: Places): Finding[] {
  return config.sources.flatMap((source, index): Finding[] => {
    const place = ["sources", index, "discover"];
    if (source.targets === undefined || !places.has(place)) return [];
    const hint = "remove discover, or the targets";
    return [findingAt(places.locate(place, "key"), place, "nothing is discovered where targets are named", hint)];
  });
}

/**
 * A target belongs to the first source of its kind that would have it: what comes after one that takes all gets none.
 */
function lintIdleSources({ sources }: Config, places: Places): Finding[] {
  return sources.flatMap((source, index): Finding[] => {
    const first = sources.findIndex(({ kind, connection, targets, discover }) => {
      const takesAll = targets === undefined && discover?.status === undefined && (discover?.name ?? "*") === "*";
      return kind === source.kind && connection === source.connection && takesAll;
    });
    if (source.targets !== undefined || first < 0 || first >= index) return [];
    const place = ["sources", index];
    const all = `"${sources[first]!.id}" at line ${places.locate(["sources", first]).line} discovers all of them first`;
    return [findingAt(places.locate(place), place, `the source "${source.id}" gets no target: ${all}`)];
  });
}

/** Not on AWS: there the function's own URL may let people in. */
function lintConsole({ console, store }: Config, places: Places): Finding[] {
  if (console?.publicUrl === undefined || console.token !== undefined || store.type === "dynamodb") return [];
  const place = ["console", "publicUrl"];
  const message = "nobody reaches the console there: without token it answers this machine only";
  return [findingAt(places.locate(place), place, message, "set token")];
}

async function lintToken({ console }: Config, places: Places, secrets: ResolveLocal): Promise<Finding[]> {
  const place = ["console", "token"];
  const value = console?.token === undefined ? undefined : await secrets.resolveLocal(console.token);
  if (value === undefined || (isConsoleToken(value) && !isGuessable(value))) return [];
  const say = (message: string, hint?: string) => [findingAt(places.locate(place), place, message, hint)];
  if (!isConsoleToken(value)) return say(`the token must be ${TOKEN_FORM}`);
  return say("who reads a link that acknowledges could guess a token so short", "take what openssl rand -hex 32 makes");
}

/** Channels' options stand beside `type` in the file. */
async function lintSecrets(config: Config, places: Places, secrets: Pick<Secrets, "problems">): Promise<Finding[]> {
  const texts: [string, Place][] = [
    ...Object.entries(config.connections).flatMap(([name, { auth }]) => textsIn(auth, ["connections", name, "auth"])),
    ...Object.entries(config.channels).flatMap(([name, { options }]) => textsIn(options, ["channels", name])),
    ...endpointParts(config).flatMap(([part, place]) => textsIn(part, place)),
    ...textsIn(config.health.heartbeat, ["health", "heartbeat"]),
    ...textsIn(config.console?.token, ["console", "token"]),
    ...(config.store.type === "postgres" ? textsIn(config.store.url, ["store", "url"]) : []),
  ];
  const findings = texts.map(async ([text, place]) => {
    const problems = await secrets.problems(text);
    return problems.map((problem) => findingAt(places.locate(place), place, problem));
  });
  return (await Promise.all(findings)).flat();
}
