// A configuration for replays: one connection, whose secrets nobody needs.
import { join } from "node:path";
import { openConfig } from "../../lib/app/open-config.ts";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import type { Config } from "../../lib/model/config.ts";
import { folderWith } from "./cli.ts";

const CONNECTION = "connections: { prod: { cloud: otc, region: eu-de, projectId: p } }\n";

/** `rest` is everything of lookout.yml but the connection `prod`, which is in the project `p`. */
export async function replayConfig(rest: string): Promise<Config> {
  const folder = await folderWith({ "lookout.yml": CONNECTION + rest });
  const packsDir = join(import.meta.dirname, "../../rules");
  const clock = { now: () => 0, sleep: async () => {} };
  const options = { packsDir, env: {}, clock, redactor: createRedactor() };
  return (await openConfig(join(folder, "lookout.yml"), options)).config;
}
