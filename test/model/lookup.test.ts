// Tables whose values are made when they are first looked at.
import { expect, test } from "vitest";
import { lateMap, lateRecord } from "../../lib/model/lookup.ts";

function makers(made: string[]) {
  const maker = (name: string) => () => {
    made.push(name);
    return name.toUpperCase();
  };
  return { one: maker("one"), two: maker("two") };
}

test("a late record makes what is looked at, and nothing else", () => {
  const made: string[] = [];
  const record = lateRecord(makers(made));
  expect(Object.keys(record)).toEqual(["one", "two"]);
  expect(made).toEqual([]);
  expect(record.two).toBe("TWO");
  expect(made).toEqual(["two"]);
});

test("a late map does so, too, and knows no name that every object has from birth", () => {
  const made: string[] = [];
  const map = lateMap(makers(made));
  expect([map.size, [...map.keys()], map.has("one"), map.has("constructor")]).toEqual([2, ["one", "two"], true, false]);
  expect(map.get("constructor")).toBeUndefined();
  expect(made).toEqual([]);
  expect(map.get("one")).toBe("ONE");
  expect(made).toEqual(["one"]);
  expect([...map]).toEqual([
    ["one", "ONE"],
    ["two", "TWO"],
  ]);
});
