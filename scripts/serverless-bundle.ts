// The Serverless plugin that bundles before anything is packaged or invoked locally, so that those commands are enough by
// themselves.
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { ConfigError } from "../lib/config/finding.ts";
import { bundle } from "./bundle.ts";

interface Serverless {
  serviceDir: string;
  service: { custom?: { config?: string } };
  /** Its error for people is shown without a stack trace. */
  classes: { Error: new (message: string, code: string) => Error };
}

interface Logger {
  log: { notice(text: string): void };
}

/** The framework wants a plugin to be the default export. */
export default class BundlePlugin {
  readonly hooks: Record<string, () => Promise<void>>;

  constructor(serverless: Serverless, _options: unknown, { log }: Logger) {
    const build = async (): Promise<void> => {
      const config = configPath(serverless);
      try {
        const { bytes } = await bundle({ outdir: join(serverless.serviceDir, ".build"), config });
        log.notice(`Bundled ${Math.round(bytes / 1024)} KB of code with ${config}`);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        throw new serverless.classes.Error(error.message, "LOOKOUT_CONFIG_INVALID");
      }
    };
    this.hooks = {
      "before:package:createDeploymentArtifacts": build,
      "before:package:function:package": build,
      "before:invoke:local:invoke": build,
    };
  }
}

/** The file asked for, else `lookout.yml`, else the example that comes with Lookout; relative to where the command runs. */
function configPath({ serviceDir, service }: Serverless): string {
  const asked = service.custom?.config;
  const own = existsSync(join(serviceDir, "lookout.yml")) ? "lookout.yml" : "lookout.example.yml";
  return relative(process.cwd(), resolve(serviceDir, asked || own));
}
