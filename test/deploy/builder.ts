// Builds and runs container images for tests, where Docker or Podman is there and reaches the images to begin with.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);
const NAME = "lookout-under-test";
const VARIABLES = ["HW_ACCESS_KEY=a-key", "HW_SECRET_KEY=a-secret", "CHAT_URL=https://hooks.slack.com/services/T/B/x"];

export interface Builder {
  build(folder: string): Promise<Image>;
}

export interface Image {
  /** Unpacked. */
  bytes: number;
  /** Runs `lookout …` with this folder as /etc/lookout, and all but the state read-only; resolves to its output. */
  run(args: readonly string[], folder: string): Promise<string>;
}

/** Null, said on the console, where there is none, or it cannot fetch these images. Throws there in the release. */
export async function findBuilder(bases: readonly string[]): Promise<Builder | null> {
  for (const command of ["docker", "podman"]) {
    try {
      await run(command, ["info"], { timeout: 20_000 });
      for (const base of bases) await run(command, ["pull", "-q", base], { timeout: 300_000 });
      return builderWith(command);
    } catch {}
  }
  const wanted = "to build the image needs Docker or Podman (Debian: podman) that reach docker.io and gcr.io";
  if (process.env["LOOKOUT_IMAGE"] === "required") throw new Error(wanted);
  console.warn(`Skipped: ${wanted}.`);
  return null;
}

function builderWith(command: string): Builder {
  return {
    async build(folder) {
      await run(command, ["build", "-q", "-t", NAME, folder], { maxBuffer: 2 ** 26 });
      onTestFinished(async () => void (await run(command, ["rmi", "-f", NAME])));
      const { stdout } = await run(command, ["image", "inspect", "--format", "{{.Size}}", NAME]);
      return { bytes: Number(stdout), run: (args, config) => runIn(command, args, config) };
    },
  };
}

async function runIn(command: string, args: readonly string[], folder: string): Promise<string> {
  const closed = ["--rm", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
  const variables = VARIABLES.flatMap((variable) => ["--env", variable]);
  const { stdout } = await run(command, [
    "run",
    ...closed,
    ...variables,
    "-v",
    `${folder}:/etc/lookout:ro`,
    NAME,
    ...args,
  ]);
  return stdout;
}
