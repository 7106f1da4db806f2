// A real Alertmanager beside what is measured, where this machine has one.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { wallClock } from "../lib/app/clock.ts";

export const ALERTMANAGER = process.env["ALERTMANAGER"] ?? "/usr/bin/prometheus-alertmanager";

export interface Alertmanager {
  process: ChildProcess;
  /** Of its API, without a slash at the end. */
  url: string;
}

/** Undefined where there is none. Whoever starts it ends its process. */
export async function startAlertmanager(
  folder: string,
  config: string,
  name = "am",
): Promise<Alertmanager | undefined> {
  if (!existsSync(ALERTMANAGER)) return undefined;
  await writeFile(join(folder, `${name}.yml`), config);
  const at = `127.0.0.1:${await freePort()}`;
  const options = [`--config.file=${name}.yml`, `--storage.path=${name}`, `--web.listen-address=${at}`];
  const child = spawn(ALERTMANAGER, [...options, "--cluster.listen-address="], { cwd: folder, stdio: "ignore" });
  await ready(`http://${at}/-/ready`);
  return { process: child, url: `http://${at}/api/v2` };
}

export async function postAlerts({ url }: Alertmanager, alerts: readonly object[]): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/alerts`, { method: "POST", headers, body: JSON.stringify(alerts) });
  if (!response.ok) throw new Error(`Alertmanager answered HTTP ${response.status}: ${await response.text()}`);
}

async function ready(url: string): Promise<void> {
  for (const until = Date.now() + 30_000; ; await wallClock.sleep(50)) {
    if ((await fetch(url).catch(() => undefined))?.ok) return;
    if (Date.now() > until) throw new Error("Alertmanager is not ready after 30 s");
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
