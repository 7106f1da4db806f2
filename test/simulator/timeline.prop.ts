// A timeline answers as a plain sorted list would, whatever is added, changed and dropped in whatever order.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createTimeline } from "../../lib/simulator/timeline.ts";

interface Item {
  time: number;
  kind: string;
  id: number;
}

const Time = fc.integer({ min: 0, max: 20 });
const Command = fc.oneof(
  fc.record({
    do: fc.constant("add" as const),
    items: fc.array(fc.record({ time: Time, kind: fc.constantFrom("a", "b") }), { maxLength: 6 }),
  }),
  fc.record({ do: fc.constant("change" as const), nth: fc.nat(30), to: Time }),
  fc.record({ do: fc.constant("trim" as const), before: Time, most: fc.integer({ min: 5, max: 30 }) }),
);

test("selections, pages and counts equal those of a sorted list", () => {
  fc.assert(
    fc.property(
      fc.array(Command, { maxLength: 12 }),
      fc.record({
        from: fc.option(Time, { nil: undefined }),
        to: fc.option(Time, { nil: undefined }),
        exclusive: fc.boolean(),
      }),
      fc.record({
        kind: fc.constantFrom(undefined, "a", "b"),
        offset: fc.nat(8),
        limit: fc.nat(8),
        order: fc.constantFrom("asc" as const, "desc" as const),
      }),
      (commands, window, { kind, offset, limit, order }) => {
        const timeline = createTimeline<Item>(
          (item) => item.time,
          (item) => item.kind,
        );
        let list: Item[] = [];
        let next = 0;
        const sort = () => list.sort((a, b) => a.time - b.time);
        for (const command of commands) {
          if (command.do === "add") {
            const items = command.items.map((item) => ({ ...item, id: next++ }));
            timeline.add(items);
            list.push(...items);
          } else if (command.do === "change") {
            const item = list[command.nth % Math.max(1, list.length)];
            if (!item) continue;
            timeline.change(item, () => {
              item.time = command.to;
            });
            list = [...list.filter((other) => other !== item), item];
          } else {
            timeline.trim(command.before, command.most);
            const oldest = list.at(-command.most - 1)?.time ?? -1;
            list = list.filter((item) => item.time >= command.before && item.time > oldest);
          }
          sort();
        }
        const { from = -1, to = 99, exclusive } = window;
        const wanted = list.filter(
          (item) =>
            (exclusive ? item.time > from && item.time < to : item.time >= from && item.time <= to) &&
            item.kind === (kind ?? item.kind),
        );
        if (order === "desc") wanted.reverse();
        const found = timeline.select(window, kind);
        expect(timeline.length).toBe(list.length);
        expect(found.total).toBe(wanted.length);
        expect(found.page(offset, limit, order)).toEqual(wanted.slice(offset, offset + limit));
        expect(wanted.map((item) => found.indexOf(item, order))).toEqual(wanted.map((_, index) => index));
      },
    ),
  );
});
