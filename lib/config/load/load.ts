// Reads lookout.yml into a Config: everything wrong with it is found in one go, and nothing in it is ignored.
import { dirname, resolve } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { ChannelConfig, Config } from "../../model/config.ts";
import { Channel, ConfigFrame } from "../../model/files/config-file.ts";
import type { Place } from "../../model/place.ts";
import { checkInhibitions, inhibitConfigs } from "../check/inhibitions.ts";
import { checkLinks } from "../check/links.ts";
import { type ChannelOptions, checkChannels, checkRoutes, validateOptions } from "../check/routes.ts";
import { checkRules, type RuleCheckers, ruleConfigs } from "../check/rules.ts";
import { checkSources } from "../check/sources.ts";
import { checkTimeIntervals } from "../check/times.ts";
import { type Document, readDocument } from "../document/document.ts";
import { ConfigError, findInTurns, type Location, sortFindings } from "../document/finding.ts";
import { expandRules, type InhibitSite, type PackFolders, type RuleSite } from "../document/includes.ts";
import { field, fieldsOf, itemsOf, partAt } from "../document/raw.ts";
import { validateFile } from "../document/validate-file.ts";
import type { Environment } from "../environment.ts";
import { checkReferences } from "../secrets/references.ts";
import { fillConnections, fillHealth, fillRoute, fillSources } from "./fill.ts";
import { expandVariables } from "./variables.ts";

/** Then others have their turn. */
const CHANNELS_AT_ONCE = 200;

/** What other rooms know about parts of the file. */
export interface ConfigDeps extends RuleCheckers, PackFolders {
  channelTypes: ReadonlyMap<string, ChannelOptions>;
  /** Throws an error with `path` and `reason`. */
  compileTimeInterval(spec: unknown, options: { timezone: string }): unknown;
  env: Environment;
}

/** From places in the Config to places in files: those of rules and of `inhibit` may lie in an included file. */
export interface Places {
  locate(place: Place, part?: "key" | "value"): Location;
  /** Whether the file has a value there, or a default stands in for it. */
  has(place: Place): boolean;
  /** Files that were read, as findings name them; the configuration itself is the first. */
  files: readonly string[];
  /** The include of a pack that a rule comes from; undefined for rules of one's own. */
  pack(rule: number): { name: string; location: Location } | undefined;
  /** Whether an entry of `inhibit` comes with a pack. */
  isPackInhibit(index: number): boolean;
}

export interface LoadedConfig {
  config: Config;
  places: Places;
}

/** Reads and checks `path`. Throws ConfigError with all findings, and nothing else but for defects. */
export async function loadConfig(path: string, deps: ConfigDeps): Promise<LoadedConfig> {
  const document = await readDocument(path, path);
  const references = [...checkReferences(document), ...expandVariables(document, deps.env)];
  await turn();
  const { value: file, findings: shape } = await validateFile(ConfigFrame, document);
  await turn();
  const { sites, inhibits, findings: included, files } = await expandRules(document, path, deps);
  const findings = await findInTurns([
    () => document.problems,
    // A value that could not be read is not wrong in a second way.
    () => shape.filter(({ path }) => !document.problems.some((problem) => problem.path === path)),
    () => included,
    () => references,
    () => checkSources(document),
    () => checkLinks(document, deps.parseTemplate),
    // Its compiler would say of the shape what the schema has said.
    () =>
      shape.some(({ path }) => path.startsWith("timeIntervals"))
        ? []
        : checkTimeIntervals(document, deps.compileTimeInterval),
    () => checkRules(sites, deps),
    () => checkInhibitions(inhibits, deps.compilePattern),
    () => checkRoutes(document, deps.compilePattern),
    () => checkChannels(document, deps.channelTypes, deps.parseTemplate),
  ]);
  if (file === undefined || findings.length > 0) throw new ConfigError(sortFindings(findings, files));
  const absolute = resolve(path);
  const route = fillRoute(file);
  const config: Config = {
    file: absolute,
    timezone: file.timezone,
    connections: fillConnections(file, deps.env),
    sources: fillSources(file),
    rules: await ruleConfigs(sites),
    route,
    timeIntervals: Object.fromEntries(
      Object.entries(file.timeIntervals).map(([name, spec]) => [name, Array.isArray(spec) ? spec : [spec]]),
    ),
    inhibit: [...file.inhibit, ...inhibitConfigs(inhibits)],
    silences: file.silences,
    channels: await fillChannels(document, deps.channelTypes),
    health: fillHealth(file, route),
    history: file.history,
    store: fillStore(file.store, absolute),
    console: file.console,
  };
  return { config, places: placesOf(document, { rules: sites, inhibit: inhibits }, files) };
}

async function fillChannels(document: Document, types: ConfigDeps["channelTypes"]): Promise<Config["channels"]> {
  const channels: [string, ChannelConfig][] = [];
  for (const [name, raw] of fieldsOf(field(document.root, "channels"))) {
    if (channels.length % CHANNELS_AT_ONCE === CHANNELS_AT_ONCE - 1) await turn();
    const { type, fallback, fallbackAfter, sendResolved, mention, template } = Channel.parse(raw);
    const options = validateOptions(types.get(type)!, raw as Record<string, unknown>, document, ["channels", name]);
    const own = options.value as Record<string, unknown>;
    const message = { ...(mention === undefined ? {} : { mention }), ...(template === undefined ? {} : { template }) };
    const common = { type, fallback, fallbackAfter, sendResolved, ...message };
    channels.push([name, { ...common, options: own }]);
  }
  return Object.fromEntries(channels);
}

function fillStore(store: ConfigFrame["store"], file: string): Config["store"] {
  if (store.type === "sqlite") return { type: "sqlite", path: resolve(dirname(file), store.path) };
  if (store.type === "postgres") return store;
  const { region, endpoint } = store;
  return {
    type: "dynamodb",
    table: store.table,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

interface Included {
  rules: readonly RuleSite[];
  inhibit: readonly InhibitSite[];
}

function placesOf(document: Document, { rules, inhibit }: Included, files: readonly string[]): Places {
  // Those of included files come after the configuration's own.
  const own = itemsOf(field(document.root, "inhibit")).length;
  const siteOf = ([section, index]: Place) => {
    if (typeof index !== "number") return undefined;
    if (section === "rules") return rules[index];
    return section === "inhibit" ? inhibit[index - own] : undefined;
  };
  return {
    files,
    locate(place, part) {
      const site = siteOf(place);
      return site ? site.document.locate([...site.place, ...place.slice(2)], part) : document.locate(place, part);
    },
    has: (place) => partAt(document.root, place) !== undefined,
    pack(rule) {
      const pack = rules[rule]?.pack;
      return pack && { name: pack.name, location: pack.document.locate(pack.place) };
    },
    isPackInhibit: (index) => inhibit[index - own]?.isPack ?? false,
  };
}
