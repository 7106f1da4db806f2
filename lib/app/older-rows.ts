// State of an earlier form: a target's row was its source's. It is moved to where it is looked for now, once, when a process starts.

import type { App } from "./deps.ts";
import { type Daily, type TargetCounts, type TargetRow, targetKey } from "./persistence/rows.ts";

type OlderRow = Omit<TargetRow, "ledgers"> & { ledger: Daily<TargetCounts> };

/** What was read goes on from where it was. Costs one empty list for each source where there is nothing to move. */
export async function moveOlderRows(app: App): Promise<void> {
  for (const source of app.config.sources) {
    for (const { pk, sk } of await app.store.list<OlderRow>(`target/${source.id}`)) {
      const key = targetKey(app.config, source, sk);
      await app.transact(async (unit) => {
        await unit.load([key, { pk, sk }]);
        const older = unit.value<OlderRow>({ pk, sk });
        if (older === undefined) return;
        const { ledger, ...row } = older;
        if (unit.version(key) === 0) unit.put(key, { ...row, ledgers: { [source.id]: ledger ?? {} } });
        unit.delete({ pk, sk });
      });
    }
  }
}
