// The Serverless plugin that bundles before anything is packaged or invoked locally, and adds to the stack what follows
// from the configuration; it lets nothing be deployed of which it is plain that nobody would hear.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { remotePlaceOf } from "../lib/aws/configuration/place.ts";
import { ConfigError } from "../lib/config/document/finding.ts";
import { processEnvironment } from "../lib/config/environment.ts";
import { type Bundled, bundle, filesOf, readConfig } from "./bundle.ts";
import { type Deployment, preflight } from "./preflight.ts";
import { completeSchedules } from "./stack/schedules.ts";
import { addStack, type Service, type ServiceFunction, type StackOptions } from "./stack/stack.ts";
import type { Resources } from "./stack/template.ts";
import { type Aliased, aim, aliases, tidy } from "./stack/versions.ts";

const EXAMPLE = "lookout.example.yml";
/** Where the functions are built. */
const BUILD = ".build";
const NO_CONFIGURATION =
  `there is no configuration of yours: ${EXAMPLE} watches a project that is not there and tells nobody. Copy it to ` +
  "lookout.yml and fill it in (docs/aws.md), or name yours with --param=config=PATH";

type Environment = Record<string, unknown>;

interface OwnFunction extends ServiceFunction, Aliased {
  handler: string;
  environment?: Environment;
  url?: unknown;
  package?: { patterns: string[] };
}

type Functions = Record<string, OwnFunction>;

interface Serverless {
  serviceDir: string;
  processedInput: { commands: readonly string[]; options: { package?: string; param?: readonly string[] } };
  service: {
    /** `refused` goes into the package: why it is not to be deployed. */
    custom: StackOptions & { refused?: readonly string[] };
    provider: { environment?: Environment; region?: string; compiledCloudFormationTemplate: { Resources: Resources } };
    /** Until the plugins are loaded a list: those of the form, and those of every stack (serverless.yml). */
    functions: Functions;
  } & Service;
  getProvider(name: "aws"): { naming: Record<"getLogGroupLogicalId" | "getLambdaLogicalId", (key: string) => string> };
  /** Its error for people is shown without a stack trace. */
  classes: { Error: new (message: string, code: string) => Error };
}

interface Logger {
  log: { notice(text: string): void; warning(text: string): void };
}

/** The framework wants a plugin to be the default export. */
export default class BundlePlugin {
  readonly hooks: Record<string, () => Promise<void>>;

  constructor(serverless: Serverless, _options: unknown, { log }: Logger) {
    checkForm(serverless);
    checkPlace(serverless);
    switchConsole(serverless, processEnvironment()["LOOKOUT_CONSOLE"]);
    const [command] = serverless.processedInput.commands;
    const refuse = (reasons: readonly string[]): void => {
      if (reasons.length === 0) return;
      throw new serverless.classes.Error(`not deployed: ${reasons.join("\n")}`, "LOOKOUT_NOT_DEPLOYED");
    };
    const asError = (error: unknown): unknown => {
      if (!(error instanceof ConfigError)) return error;
      return new serverless.classes.Error(error.message, "LOOKOUT_CONFIG_INVALID");
    };
    const { service } = serverless;
    const naming = () => serverless.getProvider("aws").naming;
    const extend = async (): Promise<void> => {
      const config = await readConfig(configPath(serverless), environmentOf(serverless)).catch((error) => {
        throw asError(error);
      });
      const options = service.custom;
      const unknown = addStack(service, config, options, (key) => naming().getLogGroupLogicalId!(key));
      for (const text of unknown) log.warning(text);
    };
    const build = async (): Promise<void> => {
      const config = configPath(serverless);
      const env = environmentOf(serverless);
      let bundled: Record<string, Bundled>;
      try {
        bundled = await bundle({ outdir: join(serverless.serviceDir, BUILD), config, env });
        const largest = Math.max(...Object.values(bundled).map(({ start }) => start));
        log.notice(`Bundled each function with ${config}: at most ${Math.round(largest / 1024)} KB to start with`);
      } catch (error) {
        throw asError(error);
      }
      const remote = isRemote(service.custom.config);
      for (const one of Object.values(service.functions)) {
        const name = fileOf(one);
        one.package = { patterns: filesOf(name, bundled[name]!, BUILD, remote) };
      }
      if (remote)
        service.provider.environment = { ...service.provider.environment, LOOKOUT_CONFIG: service.custom.config };
      if (command === "invoke") return;
      const isExample = resolve(config) === resolve(serverless.serviceDir, EXAMPLE);
      const { refused, warnings } = isExample
        ? { refused: [NO_CONFIGURATION], warnings: [] }
        : await preflight(config, deploymentOf(serverless));
      for (const text of warnings) log.warning(text);
      if (command === "deploy") refuse(refused);
      for (const text of refused) log.warning(`this package cannot be deployed: ${text}`);
      service.custom.refused = refused;
    };
    const compiled = () => service.provider.compiledCloudFormationTemplate.Resources;
    this.hooks = {
      initialize: async () => {
        const { package: made } = serverless.processedInput.options;
        if (command === "deploy" && made) refuse(await refusedIn(resolve(serverless.serviceDir, made)));
      },
      "before:package:setupProviderConfiguration": extend,
      "before:package:createDeploymentArtifacts": build,
      "before:package:function:package": build,
      "before:invoke:local:invoke": build,
      "before:package:compileFunctions": async () => aim(service.functions, (key) => naming().getLambdaLogicalId!(key)),
      "after:package:compileFunctions": async () => {
        tidy(compiled());
        Object.assign(compiled(), aliases(compiled()));
      },
      "after:package:compileEvents": async () => completeSchedules(compiled()),
    };
  }
}

/**
 * The console is a function of its own only where it is asked for: `on` with a URL for everybody who has the token,
 * `iam` with one for those whom AWS lets through.
 */
function switchConsole({ service, classes }: Serverless, mode = ""): void {
  if (mode !== "" && mode !== "off" && mode !== "on" && mode !== "iam") {
    throw new classes.Error(`LOOKOUT_CONSOLE is "${mode}": expected on, iam or off`, "LOOKOUT_CONSOLE_UNKNOWN");
  }
  for (const functions of [service.functions].flat() as Functions[]) {
    if (!functions["console"]) continue;
    if (mode === "" || mode === "off") delete functions["console"];
    else if (mode === "iam") functions["console"].url = { authorizer: "aws_iam" };
  }
}

/** Which form the stack has. The framework only says that it finds no file of that name. */
function checkForm({ processedInput: { options }, classes }: Serverless): void {
  for (const given of options.param ?? []) {
    if (!given.startsWith("fanout=") || /^fanout=(on|off)$/.test(given)) continue;
    throw new classes.Error(`${given} is not known: expected fanout=on or fanout=off`, "LOOKOUT_FANOUT_UNKNOWN");
  }
}

/** Where the configuration is asked for, unless it is a file. */
function checkPlace({ processedInput: { options }, classes }: Serverless): void {
  for (const given of options.param ?? []) {
    try {
      if (given.startsWith("config=")) remotePlaceOf(given.slice("config=".length));
    } catch (error) {
      throw new classes.Error((error as Error).message, "LOOKOUT_CONFIG_UNKNOWN");
    }
  }
}

/**
 * The file asked for, else `lookout.yml`, else the example that comes with Lookout; relative to where the command runs.
 * Where newer ones come from elsewhere it is the first one, and says what the functions may do.
 */
function configPath({ serviceDir, service }: Serverless): string {
  const own = existsSync(join(serviceDir, "lookout.yml")) ? "lookout.yml" : EXAMPLE;
  const given = isRemote(service.custom.config) ? "" : service.custom.config;
  return relative(process.cwd(), resolve(serviceDir, given || own));
}

function isRemote(config: string): boolean {
  return remotePlaceOf(config) !== undefined;
}

function deploymentOf({ service }: Serverless): Deployment {
  const environments = Object.entries(service.functions).map(([name, { environment }]) => {
    return [name, { ...service.provider.environment, ...environment }];
  });
  const openConsole = service.functions["console"]?.url === true;
  return { environments: Object.fromEntries(environments), openConsole };
}

/**
 * What the configuration is read with: this process's variables, and before them those of the functions, as far as
 * their values are known before CloudFormation fills them in. Whether the credentials have a token is theirs to say.
 */
function environmentOf(serverless: Serverless): Record<string, string> {
  const { HW_SECURITY_TOKEN: _own, ...shell } = processEnvironment();
  const region = serverless.service.provider.region;
  const all = Object.values(deploymentOf(serverless).environments).flatMap((one) => Object.entries(one));
  const texts = all.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return { ...shell, ...(region === undefined ? {} : { AWS_REGION: region }), ...Object.fromEntries(texts) };
}

/** The name of its file in functions/. */
function fileOf({ handler }: OwnFunction): string {
  return basename(handler).replace(/\..*$/, "");
}

/** What the package at `folder`, made earlier, says of itself. What is wrong with the folder the framework tells. */
async function refusedIn(folder: string): Promise<readonly string[]> {
  try {
    const state = JSON.parse(await readFile(join(folder, "serverless-state.json"), "utf8"));
    return (state as Pick<Serverless, "service">).service.custom.refused ?? [];
  } catch {
    return [];
  }
}
