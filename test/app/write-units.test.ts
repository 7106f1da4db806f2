// What Lookout writes, in the units that DynamoDB bills: a kB of an item, twice where it is part of a transaction, and
// once more where the item comes, goes or moves in the index of what is due.
import { expect, it } from "vitest";
import { MEASURED } from "../../bench/aws/figures.ts";
import { cost } from "../../lib/store/dynamodb/item.ts";
import { rowId } from "../../lib/store/ops.ts";
import type { Op, Store } from "../../lib/store/port.ts";
import { bench } from "./support.ts";

const YAML = `
rules: [{ include: modelarts/services }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

interface Written {
  units: number;
  rows: string[];
  /** Of each commit that is a transaction. */
  transactions: number[];
}

const nothing = (): Written => ({ units: 0, rows: [], transactions: [] });

function counting(store: Store, written: Written): Store {
  const due = new Map<string, number>();
  /** What one row or check costs, alone or as part of a transaction. */
  function unitsOf(op: Op, times: number): number {
    if (op.op === "check") return times;
    const next = op.op === "put" ? op.due : undefined;
    const index = due.get(rowId(op)) === next ? 0 : 1;
    if (next === undefined) due.delete(rowId(op));
    else due.set(rowId(op), next);
    return times * Math.ceil(cost({ ...op }).bytes / 1_024) + index;
  }
  return {
    ...store,
    async commit(ops: readonly Op[]) {
      await store.commit(ops);
      const units = ops.map((op) => unitsOf(op, ops.length > 1 ? 2 : 1));
      const sum = units.reduce((all, one) => all + one, 0);
      written.units += sum;
      written.rows.push(...ops.map((op, at) => `${units[at]} ${op.op} ${op.pk} ${op.sk}`));
      if (ops.length > 1) written.transactions.push(sum);
    },
  };
}

it("an idle poll writes its source's row, and an event that opens an alert and is sent costs few units", async () => {
  const written: Written = nothing();
  const b = await bench({ yaml: YAML, services: ["svc-1"], wrapStore: (store) => counting(store, written) });
  await b.beats(3);
  Object.assign(written, nothing());
  await b.beats(4);
  expect(written.rows).toEqual(["1 put source service-events"]);
  Object.assign(written, nothing());
  b.fail(4.5);
  await b.beats(5);
  expect(b.messages).toHaveLength(1);
  // The row of the source, the index and the inhibition of the pack are among them.
  expect(written.units).toBeLessThanOrEqual(32);
  // What costs are derived from (docs/scale.md).
  const { poll, notify } = MEASURED.alert;
  expect(written.transactions).toEqual([poll.writeUnits, notify.writeUnits]);
});
