// What becomes of the rows of targets that nobody reads any more: they expire, some time after. A target that comes
// back before goes on where it was; later it is as new.
import type { SourceConfig } from "../../model/config.ts";
import { projectOf } from "../../model/project.ts";
import { type Key, RowDamaged } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { SourceRow, TargetRow } from "../persistence/rows.ts";
import { putWholeRow } from "../persistence/seen-pieces.ts";
import { targetKey } from "../persistence/target-rows.ts";
import type { Targets } from "./targets.ts";

/** From now on the target's row is kept for a while only. Writes once. */
export async function letExpire(app: App, source: SourceConfig, target: string): Promise<void> {
  const key = await targetKey(app, source, target);
  // A target that is new is read from `lookback` before: nothing that was read by then may be in there.
  const expires = app.clock.now() + app.config.history + source.lookback + source.lateness;
  try {
    await app.transact(async (unit, abandon) => {
      await unit.load([key]);
      const row = unit.value<TargetRow>(key);
      // One that is too large to be put whole stays.
      if (row === undefined || unit.expires(key) !== undefined || !(await putWholeRow(unit, key, row, expires)))
        abandon();
    });
  } catch (error) {
    if (!(error instanceof RowDamaged)) throw error;
    // It can be neither read nor missed.
    app.log.warn("the row of a target that has ended stays", { source: source.id, target, error: error.message });
  }
}

/** Whoever reads a target that lives, in vain or not, keeps its row. */
export async function keepForGood({ transact }: Pick<App, "transact">, key: Key): Promise<void> {
  await transact(async (unit, abandon) => {
    await unit.load([key]);
    const row = unit.value<TargetRow>(key);
    if (row === undefined || unit.expires(key) === undefined) return abandon();
    unit.put(key, row);
  });
}

/** Targets that the run before had by their names, and that no source names any more. */
export async function letUnnamedExpire(
  app: App,
  source: SourceConfig,
  { named }: SourceRow,
  { list, error }: Targets,
): Promise<void> {
  if (named === undefined || error !== undefined) return;
  const { connections, sources } = app.config;
  const project = projectOf(connections, source.connection);
  const same = sources.filter((one) => one.kind === source.kind && projectOf(connections, one.connection) === project);
  const known = [...list.map(({ target }) => target), ...same.flatMap(({ targets = [] }) => targets)];
  const ids = new Set(known.map(({ id }) => id));
  for (const id of named) if (!ids.has(id)) await letExpire(app, source, id);
}
