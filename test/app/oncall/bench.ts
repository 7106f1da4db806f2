// What the tests of on-call work share: people on a bench, who see alerts and act on them.
import { acknowledge, listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import type { Bench } from "../support.ts";

/** A rule that watches each service, a message for each; `intervals`: the time intervals, as YAML. */
export const byService = (intervals: string) => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupBy: [resource.id], groupInterval: 1m }
timeIntervals: { ${intervals} }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

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
