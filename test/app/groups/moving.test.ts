// A group whose route has gone: its alerts move to the groups that route them now.
import { expect, it } from "vitest";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import { rulePartition } from "../../../lib/rules/compile.ts";
import { failing, line } from "../support.ts";

const yaml = (routes: string) => `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupInterval: 30m, routes: [${routes}] }
channels:
  ops: { type: webhook, url: "HOOK/ops" }
`;

it("an alert that has ended moves, and what its rule keeps of it expires as it would have", async () => {
  const b = await failing({ yaml: yaml("{ match: { rule: [broken] }, channels: [ops] }") });
  await b.beats(4);
  b.recover(4.5);
  await b.beats(6);
  const rowOf = async () => (await b.store.list<RuleRow>(rulePartition(b.app.rules.byId.get("broken")!)))[0]!;
  const { expires } = await rowOf();
  expect(expires).toBeGreaterThan(b.app.clock.now());
  await b.reload(yaml(""));
  await b.beats(80);
  expect(b.messages.map(line).map((one) => one.replace(/^\d+ /, ""))).toEqual([
    "/ops new firing: svc-1 firing ×1(+1)",
    "/ops resolved resolved: svc-1 resolved ×1(+0)",
  ]);
  expect(await rowOf()).toMatchObject({ expires });
});
