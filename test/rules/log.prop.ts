// A key's log: sorted whatever order its entries come in, each once, and the same after it was packed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareEntries,
  createPacker,
  type Entry,
  insertEntry,
  packLog,
  shortId,
  unpackLog,
} from "../../lib/rules/log.ts";
import { RUNS } from "./history.ts";

const entry: fc.Arbitrary<Entry> = fc.record({
  time: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 4_102_444_800_000 })),
  count: fc.oneof(fc.constant(1), fc.integer({ min: 0, max: 1_000_000 })),
  steps: fc.integer({ min: 0, max: 255 }),
  resolves: fc.boolean(),
  teaches: fc.boolean(),
  value: fc.option(fc.constantFrom("p", "q", "", "constructor", ";=+*"), { nil: undefined }),
  id: fc.string({ maxLength: 3 }).map(shortId),
});
const entries = fc.array(entry, { maxLength: 60 });

describe("the log", () => {
  it("has each entry once, sorted, in whatever order they come", () => {
    fc.assert(
      fc.property(entries, (all) => {
        const log: Entry[] = [];
        for (const one of all) insertEntry(log, one);
        for (const one of all) expect(insertEntry(log, { ...one })).toBe(-1);
        expect(log).toEqual(log.toSorted(compareEntries));
        expect(new Set(log.map((one) => JSON.stringify(one)))).toEqual(new Set(all.map((one) => JSON.stringify(one))));
      }),
      RUNS,
    );
  });

  it("is the same after it was packed, at once or in two parts", () => {
    fc.assert(
      fc.property(entries, fc.nat(60), (all, part) => {
        const log = all.toSorted(compareEntries);
        const [first, second] = [log.slice(0, part), log.slice(part)];
        const packer = createPacker(packLog(first), first.at(-1));
        for (const one of second) packer.add(one);
        expect(unpackLog(packer.packed())).toEqual(log);
        expect(unpackLog(packLog(log))).toEqual(log);
      }),
      RUNS,
    );
  });
});
