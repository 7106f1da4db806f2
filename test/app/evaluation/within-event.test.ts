// One event that many rules match: it is evaluated in several commits, and whoever dies in between is followed by one
// that shows it to the other rules.
import { describe, expect, it } from "vitest";
import type { RuleRow } from "../../../lib/app/persistence/rows.ts";
import { rulePartition } from "../../../lib/rules/compile.ts";
import { type Op, type Store, StoreError } from "../../../lib/store/port.ts";
import { type Bench, bench } from "../support.ts";

const RULES = 60;
const YAML = `
rules:
${Array.from({ length: RULES }, (_, n) => `  - { id: r${n}, when: { level: [error] }, by: [resource.id] }`).join("\n")}
route: { channels: [ops], groupBy: ["..."] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

/** Whether the process dies at its n-th commit of a target, before or after it. */
interface Fate {
  dies(commit: number): "before" | "after" | undefined;
  dead: boolean;
}

/** A store with room for 24 items in a commit. */
function small(store: Store, fate: Fate): Store {
  let commits = 0;
  return {
    ...store,
    limits: { ...store.limits, items: 24 },
    async commit(ops: readonly Op[]) {
      if (fate.dead) throw new StoreError("the process is dead");
      expect(ops.length).toBeLessThanOrEqual(24);
      const when = ops.some(({ pk }) => pk.startsWith("target/")) ? fate.dies(++commits) : undefined;
      if (when !== "before") await store.commit(ops);
      if (when === undefined) return;
      fate.dead = true;
      throw new StoreError("the process dies");
    },
  };
}

async function counts(b: Bench): Promise<number[]> {
  const rows = await Promise.all(b.app.rules.all.map((rule) => b.store.list<RuleRow>(rulePartition(rule))));
  return rows.map((own) => own.reduce((sum, { data }) => sum + (data.state.alert?.count ?? 0), 0));
}

describe("an event that exceeds a commit", () => {
  it("is shown to every rule once, and notified once for each", async () => {
    const b = await bench({ yaml: YAML, wrapStore: (store) => small(store, { dies: () => undefined, dead: false }) });
    await b.round();
    b.fail(1);
    b.to(2);
    await b.round();
    expect(await counts(b)).toEqual(Array(RULES).fill(1));
    const alerts = b.messages.flatMap(({ body }) => body.alerts);
    expect(alerts).toHaveLength(RULES);
    expect(new Set(alerts.map(({ rule }) => rule)).size).toBe(RULES);
    await b.rounds(6);
    expect(b.messages.flatMap(({ body }) => body.alerts)).toHaveLength(RULES);
  });

  it.each([
    [2, "before"],
    [2, "after"],
    [5, "after"],
  ] as const)("is shown to the others where the process dies at its commit %i, %s it", async (at, when) => {
    const fate: Fate = { dies: (commit) => (commit === at ? when : undefined), dead: false };
    const b = await bench({ yaml: YAML, wrapStore: (store) => small(store, fate) });
    await b.round();
    b.fail(1);
    b.to(2);
    await expect(b.round()).rejects.toThrow("the process dies");
    fate.dead = false;
    await b.reload(YAML);
    await b.rounds(4);
    expect(await counts(b)).toEqual(Array(RULES).fill(1));
    const alerts = b.messages.flatMap(({ body }) => body.alerts);
    expect(alerts.map(({ rule }) => rule).toSorted()).toEqual(
      b.app.rules.all.map(({ config }) => config.id).toSorted(),
    );
    expect(alerts.every(({ count, newCount }) => count === 1 && newCount === 1)).toBe(true);
  });
});
