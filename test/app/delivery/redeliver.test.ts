// Many dead deliveries are sent again, and some of their rows are damaged.
import { expect, test } from "vitest";
import { listDead, redeliver } from "../../../lib/app/delivery/deliver.ts";
import { DELIVERIES } from "../../../lib/app/persistence/delivery-rows.ts";
import type { Key, Row, Store } from "../../../lib/store/port.ts";
import { bench } from "../support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] }, by: [id] }]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" }, quiet: { type: console } }
health: { channels: [quiet] }
`;

/** Eight deliveries of one group have died. */
async function died() {
  const damaged = new Set<string>();
  const asked: number[] = [];
  function seen<T>(row: Row<T>): Row<T> {
    return row.pk === DELIVERIES && damaged.has(row.sk) ? { ...row, data: undefined as T, damaged: true } : row;
  }
  const wrapStore = (store: Store): Store => ({
    ...store,
    async getMany<T>(keys: readonly Key[]) {
      asked.push(keys.length);
      return (await store.getMany<T>(keys)).map(seen);
    },
  });
  const b = await bench({ yaml, wrapStore });
  b.answer(() => ({ status: 400 }));
  for (let at = 0; at < 16; at += 2) {
    b.fail(at + 0.5, `Failed ${at}`);
    await b.rounds(at + 2);
  }
  const ids = (await listDead(b.app)).map(({ id }) => id);
  const inTheirOrder = b.messages.splice(0).map(({ id }) => id);
  expect(ids.toSorted()).toEqual(inTheirOrder.toSorted());
  b.answer(() => ({ status: 200 }));
  return { b, ids, inTheirOrder, damaged, asked };
}

test.each([[[0]], [[2]], [[3, 4]], [[7]]])(
  "damaged ones are left out and named, and hold up no other: %j",
  async (places) => {
    const { b, ids, inTheirOrder, damaged } = await died();
    for (const place of places) damaged.add(inTheirOrder[place]!);
    const leftOut = await redeliver(b.app, ids.toSorted());
    expect([...leftOut.keys()].sort()).toEqual([...damaged].sort());
    for (const [id, error] of leftOut) expect(error.key).toEqual({ pk: DELIVERIES, sk: id });
    expect(
      b.app.guard
        .damaged()
        .map(({ sk }) => sk)
        .sort(),
    ).toEqual([...damaged].sort());
    await b.round();
    expect(b.messages.map(({ id }) => id)).toEqual(inTheirOrder.filter((id) => !damaged.has(id)));
  },
);

test("however many they are, few are read at once", async () => {
  const { b, ids, inTheirOrder, asked } = await died();
  asked.length = 0;
  await redeliver(b.app, [...Array.from({ length: 1_000 }, (_, at) => `none-${at}`), ...ids]);
  expect(Math.max(...asked)).toBeLessThanOrEqual(200);
  await b.round();
  expect(b.messages.map(({ id }) => id)).toEqual(inTheirOrder);
});
