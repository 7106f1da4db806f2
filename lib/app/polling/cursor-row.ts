// A target's row, from which it is read on: put right where the local clock was ahead when it was written.
import type { SourceConfig } from "../../model/config.ts";
import { beforeNow } from "../../sources/reading/cursor.ts";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { type TargetRow, targetKey } from "../persistence/rows.ts";

/** Undefined before a target's first poll. */
export async function loadTarget(app: App, source: SourceConfig, target: string): Promise<Row<TargetRow> | undefined> {
  const key = targetKey(app.config, source, target);
  // Not when the poll began: a process that hung since then would take another's progress for a clock that was ahead.
  const now = app.clock.now();
  const found = await app.store.get<TargetRow>(key);
  if (found === undefined || found.data.cursor.from <= now) return found;
  // At once, also where nothing is found: the next poll would begin at its own time, and skip what came until then.
  await app.transact(async (unit) => {
    await unit.load([key]);
    const row = unit.value<TargetRow>(key);
    if (row) unit.put(key, { ...row, cursor: beforeNow(row.cursor, now) });
  });
  app.log.warn("the clock was set back; what happened while it was ahead may have been missed", {
    source: source.id,
    target,
  });
  return app.store.get<TargetRow>(key);
}
