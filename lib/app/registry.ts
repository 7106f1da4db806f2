// Which rules own rows in the store: a rule that was removed, or whose meaning changed, closes its alerts silently and starts anew.

import { groupPartition, HEAD } from "../alerts/group.ts";
import { endAlert } from "../rules/alert.ts";
import { rulePartition } from "../rules/compile.ts";
import type { App } from "./deps.ts";
import { endedKey, REGISTRY, type RegistryRow, type RuleRow } from "./rows.ts";
import { commitUnit } from "./unit.ts";

const BATCH = 20;

/** Brings the store in line with the configured rules. Costs one read where nothing changed. */
export async function reconcileRules(app: App): Promise<void> {
  const before = (await app.store.get<RegistryRow>(REGISTRY))?.data ?? {};
  const partitions = new Map([...app.rules.all, app.healthRule].map((rule) => [rule.config.id, rulePartition(rule)]));
  const now: RegistryRow = Object.fromEntries(partitions);
  if (JSON.stringify(Object.entries(before).sort()) === JSON.stringify(Object.entries(now).sort())) return;
  for (const [rule, pk] of Object.entries(before)) if (now[rule] !== pk) await closePartition(app, pk);
  await commitUnit(app.store, app.clock, app.random, async (unit) => {
    await unit.load([REGISTRY]);
    unit.put(REGISTRY, now);
  });
}

async function closePartition(app: App, pk: string): Promise<void> {
  const rows = await app.store.list<RuleRow>(pk);
  for (let from = 0; from < rows.length; from += BATCH) {
    const batch = rows.slice(from, from + BATCH);
    await commitUnit(app.store, app.clock, app.random, async (unit) => {
      const at = app.clock.now();
      await unit.load(batch);
      const closing = batch.flatMap((row) => unit.value<RuleRow>(row) ?? []);
      const open = closing.filter(({ state }) => state.alert?.status === "firing");
      const heads = open.flatMap(({ groups }) => groups.map((id) => ({ pk: groupPartition(id), sk: HEAD })));
      await unit.load([...heads, ...open.map(({ state }) => endedKey(state.alert!.id))]);
      for (const { state, groups } of open) {
        unit.put(
          endedKey(state.alert!.id),
          { alert: endAlert(state.alert!, at), groups },
          { expires: at + app.config.history },
        );
      }
      // Their groups find out that the rule is gone, and let go of them.
      for (const head of heads) {
        const group = unit.value(head);
        if (group !== undefined) unit.put(head, group, { queue: "group", due: at });
      }
      for (const row of batch) unit.delete(row);
    });
  }
}
