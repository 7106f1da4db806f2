// What Lookout writes, in the units that DynamoDB bills: a kB of an item, twice where it is part of a transaction, and
// once more where the item comes, goes or moves in the index of what is due.
import { expect, it } from "vitest";
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
}

function counting(store: Store, written: Written): Store {
  const due = new Map<string, number>();
  return {
    ...store,
    async commit(ops: readonly Op[]) {
      await store.commit(ops);
      for (const op of ops) {
        const bytes = cost({ ...op }).bytes;
        const index = op.op === "check" || due.get(rowId(op)) === (op.op === "put" ? op.due : undefined) ? 0 : 1;
        if (op.op === "put" && op.due !== undefined) due.set(rowId(op), op.due);
        else if (op.op !== "check") due.delete(rowId(op));
        const units = (ops.length > 1 ? 2 : 1) * Math.ceil(bytes / 1_024) + index;
        written.units += units;
        written.rows.push(`${units} ${op.op} ${op.pk} ${op.sk}`);
      }
    },
  };
}

it("an idle poll writes its source's row, and an event that opens an alert and is sent costs few units", async () => {
  const written: Written = { units: 0, rows: [] };
  const b = await bench({ yaml: YAML, services: ["svc-1"], wrapStore: (store) => counting(store, written) });
  await b.beats(3);
  Object.assign(written, { units: 0, rows: [] });
  await b.beats(4);
  expect(written.rows).toEqual(["1 put source service-events"]);
  Object.assign(written, { units: 0, rows: [] });
  b.fail(4.5);
  await b.beats(5);
  expect(b.messages).toHaveLength(1);
  // The row of the source, the index and the inhibition of the pack are among them.
  expect(written.units).toBeLessThanOrEqual(32);
});
