// What the tests of on-call work share: people on a bench, who see alerts and act on them.
import { acknowledge, listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import type { Bench } from "../support.ts";

/** Acknowledges the open alerts of the rule, or takes that back. */
export async function ack({ app }: Pick<Bench, "app">, rule: string, by: string | null = "ada"): Promise<void> {
  const open = (await listOpen(app)).filter(({ alert }) => alert.rule === rule);
  if (open.length === 0) throw new Error(`no alert of ${rule} is open`);
  for (const one of open) await acknowledge(app, one, by);
}

/** The rows that say which alerts hold others back. */
export async function listInhibitors({ app, store }: Bench): Promise<string[]> {
  const open = await listOpen(app);
  const rows = await store.getMany<RuleRow>(open.map(({ key }) => key));
  return rows.flatMap(({ data }) => (data.inhibitors ?? []).map(({ pk, sk }) => `${pk} ${sk}`));
}
