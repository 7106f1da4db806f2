// What people call the targets: the names that discovery found.
import type { App } from "../deps.ts";
import { type SourceRow, sourceKey } from "../persistence/rows.ts";

/** Names by the target's id, as far as they are known. */
export async function targetNames(app: App): Promise<Map<string, string>> {
  const rows = await app.store.getMany<SourceRow>(app.config.sources.map(({ id }) => sourceKey(id)));
  const known = rows.flatMap(({ data }) => data.discovered?.targets ?? []);
  return new Map(known.flatMap(({ id, name }) => (name ? [[id, name]] : [])));
}
