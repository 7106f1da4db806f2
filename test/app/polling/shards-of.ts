// Which shards a source has, as its row says.
import type { App } from "../../../lib/app/deps.ts";
import { sourceKey } from "../../../lib/app/persistence/rows.ts";
import { headOf, type Shard } from "../../../lib/app/persistence/shard-rows.ts";
import { getRow } from "../../../lib/app/persistence/source-rows.ts";
import type { SourceConfig } from "../../../lib/model/config.ts";

export async function shardsOf(app: App, { id }: SourceConfig): Promise<Shard[]> {
  const row = await getRow(app, sourceKey(id));
  const of = (row && headOf(row))?.data.count ?? 1;
  return Array.from({ length: of }, (_, index) => ({ index, of }));
}
