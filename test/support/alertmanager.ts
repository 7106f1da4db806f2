// A real Alertmanager for tests, started once for a file, on ports of its own; it sends what it notifies to a webhook.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";
import { startReceiver } from "./receiver.ts";

const PROGRAM = process.env["ALERTMANAGER"] ?? "/usr/bin/prometheus-alertmanager";
const WANTED = "the tests against Alertmanager need it installed (Debian: prometheus-alertmanager)";

export interface Alertmanager {
  url: string;
  /** Set by a test: given the body of each notification. */
  webhook: { receive: (body: string) => void };
}

/** Ended after the file's tests. Null, said on the console, where it is not installed; throws there in CI. */
export async function startAlertmanager(): Promise<Alertmanager | null> {
  if (!existsSync(PROGRAM)) {
    if (process.env["CI"]) throw new Error(WANTED);
    console.warn(`Skipped: ${WANTED}.`);
    return null;
  }
  const webhook = { receive: (_body: string) => {} };
  const receiver = await startReceiver(({ body }) => {
    webhook.receive(body);
    return undefined;
  });
  const folder = mkdtempSync(join(tmpdir(), "alertmanager-"));
  const file = join(folder, "alertmanager.yml");
  writeFileSync(
    file,
    `
route: { receiver: ops, group_by: ["..."], group_wait: 0s, group_interval: 1m, repeat_interval: 4h }
receivers: [{ name: ops, webhook_configs: [{ url: "${receiver.url}" }] }]
`,
  );
  const own = [`--config.file=${file}`, `--storage.path=${join(folder, "data")}`, "--cluster.listen-address="];
  const options = [...own, "--web.listen-address=127.0.0.1:0", "--log.format=json"];
  const child = spawn(PROGRAM, options, { stdio: ["ignore", "ignore", "pipe"] });
  afterAll(async () => {
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const said: string[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const found = /"address":"(127\.0\.0\.1:\d+)"/.exec(line)?.[1];
      if (found !== undefined && !found.endsWith(":0")) resolve(found);
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      reject(new Error(`Alertmanager did not start (exit code ${code}):\n${said.join("\n")}`)),
    );
  });
  return { url: `http://${address}`, webhook };
}
