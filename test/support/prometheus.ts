// Prometheus and its promtool, of Debian's package. Where they are missing, tests are skipped by name; in CI they are
// required.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const PROMTOOL = "/usr/bin/promtool";
const PROMETHEUS = "/usr/bin/prometheus";

/** Why there is none; undefined where there is one, and in CI, where there must be. */
export const noPrometheus =
  !(existsSync(PROMTOOL) && existsSync(PROMETHEUS)) && process.env["CI"] === undefined
    ? "Prometheus is missing: apt-get install prometheus"
    : undefined;

/** What promtool says, and its exit code. */
export async function promtool(args: readonly string[], input = ""): Promise<{ code: number; output: string }> {
  const child = spawn(PROMTOOL, args);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, output };
}

/** Runs with the configuration in the folder, until the test ends; resolves to its address once it listens. */
export async function startPrometheus(folder: string, port: number): Promise<string> {
  const child = spawn(PROMETHEUS, [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  onTestFinished(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  let said = "";
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      said += chunk;
      if (said.includes("Server is ready to receive web requests")) resolve();
    });
    child.once("exit", () => reject(new Error(`prometheus ended: ${said.slice(-500)}`)));
  });
  await ready;
  return `http://127.0.0.1:${port}`;
}
