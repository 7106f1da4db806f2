// What people call the targets: the names that discovery found.
import type { App } from "../deps.ts";
import { listSources } from "../persistence/shard-rows.ts";

/** Names by the target's id, as far as they are known. */
export async function targetNames(app: App): Promise<Map<string, string>> {
  const rows = await listSources(app);
  const known = rows.flatMap(({ data }) => data.discovered?.targets ?? []);
  return new Map(known.flatMap(({ id, name }) => (name ? [[id, name]] : [])));
}
