// compose.yaml: a document as Compose reads it, closed down as it says, and three commands that work together.
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { folderWith, startLookout } from "../support/cli.ts";
import { findTools } from "../support/tools.ts";

const ROOT = join(import.meta.dirname, "../..");
const text = readFileSync(join(ROOT, "compose.yaml"), "utf8");
const config = readFileSync(join(ROOT, "deploy/compose/lookout.yml"), "utf8");
const { services, volumes, ...document } = parse(text, { merge: true });
const names = ["lookout", "cloud", "chat"];

describe("compose.yaml", () => {
  it("runs three services from one image, without rights that they do not need", () => {
    expect(Object.keys(services)).toEqual(names);
    for (const service of Object.values<Record<string, unknown>>(services)) {
      expect(service).toMatchObject({ build: ".", image: "lookout", read_only: true, cap_drop: ["ALL"] });
      expect(service["security_opt"]).toEqual(["no-new-privileges:true"]);
      expect(service["user"]).toBeUndefined();
    }
  });

  it("gives a stop more than the ten seconds that Lookout takes", () => {
    for (const name of names) expect(Number.parseInt(services[name].stop_grace_period, 10)).toBeGreaterThan(10);
  });

  it("publishes the page on this machine alone, where the configuration serves it", () => {
    const { listen } = parse(config).console;
    expect(services.lookout.ports).toEqual([`127.0.0.1:8791:${listen.split(":")[1]}`]);
    for (const name of ["cloud", "chat"]) expect(services[name].ports).toBeUndefined();
  });

  it("keeps the state on a volume where the configuration has it, beside the configuration that the image reads", () => {
    const image = readFileSync(join(ROOT, "Dockerfile"), "utf8");
    expect(services.lookout.volumes).toEqual(["./deploy/compose:/etc/lookout:ro", "state:/var/lib/lookout"]);
    expect(image).toContain("LOOKOUT_CONFIG=/etc/lookout/lookout.yml");
    expect(parse(config).store.path).toBe("/var/lib/lookout/state.db");
    expect(volumes).toHaveProperty("state");
  });
});

const tools = await findTools();
it.skipIf(tools === null)("compose.yaml is what Compose's own schema describes", async () => {
  expect(await tools!.check("compose", { ...document, services, volumes })).toBe("");
  const wrong = { ...document, services: { ...services, lookout: { ...services.lookout, ports: 8791 } }, volumes };
  expect(await tools!.check("compose", wrong)).not.toBe("");
});

it("its commands notify the stand-in of what the simulated cloud plays, and serve the page", async () => {
  const ports = await freePorts(["8790", "8791", "8792"]);
  const moved = (one: string) => one.replace(/\b879[012]\b/g, (port) => ports.get(port)!);
  const cwd = await folderWith({});
  await mkdir(join(cwd, "state"));
  const own = moved(config).replace("/var/lib/lookout", join(cwd, "state")).replace("0.0.0.0", "127.0.0.1");
  const file = join(await folderWith({ "lookout.yml": own }), "lookout.yml");
  const variables = Object.entries<string>(services.lookout.environment).map(([name, value]) => {
    return [name, moved(value).replace(/^\$\{\w+:-(.*)\}$/, "$1")];
  });
  const env = { ...Object.fromEntries(variables), LOOKOUT_CONFIG: file };
  const [lookout, , chat] = names.map((name) => startLookout(services[name].command.map(moved), { cwd, env }));
  await expect.poll(() => chat!.stdout(), { timeout: 60_000, message: lookout!.stderr() }).toMatch(/Z slack \{.*\}/);
  const at = `http://127.0.0.1:${ports.get("8791")}`;
  const headers = { authorization: `Bearer ${env.LOOKOUT_TOKEN}` };
  expect((await fetch(`${at}/healthz`)).status).toBe(200);
  expect((await fetch(`${at}/api/alerts`)).status).toBe(401);
  expect(await (await fetch(`${at}/api/alerts`, { headers })).text()).toContain("firing");
  lookout!.kill("SIGTERM");
  expect((await lookout!.finished).code).toBe(0);
});

/** Ports that were free a moment ago, in place of these. */
async function freePorts(usual: readonly string[]): Promise<Map<string, string>> {
  const servers = await Promise.all(
    usual.map(async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const found = servers.map((server) => `${(server.address() as AddressInfo).port}`);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return new Map(usual.map((port, at) => [port, found[at]!]));
}
