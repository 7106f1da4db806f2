// Values on disk while they are worked on, read in order.
import { expect, onTestFinished, test } from "vitest";
import { openSpool, type Rank } from "../../../lib/store/sqlite/spool.ts";

function spool<T>() {
  const opened = openSpool<T>();
  onTestFinished(() => opened.close());
  return opened;
}

test("a spool gives what it got in the order of the ranks, equal ones as they came, as often as it is asked", () => {
  const pile = spool<string>();
  const entry = (rank: Rank, value: string) => ({ rank, value });
  pile.add([entry([2, 0, 0], "f"), entry([1, 5, 1], "c"), entry([1, 5, 0], "b")]);
  pile.add([]);
  pile.add([entry([1, -3, 9], "a"), entry([1, 5, 1], "d"), entry([1, 6, 0], "e")]);
  for (let time = 0; time < 2; time++) {
    expect([...pile.read()].map(({ first, value }) => `${first}${value}`)).toEqual([
      "1a",
      "1b",
      "1c",
      "1d",
      "1e",
      "2f",
    ]);
  }
});

test("a spool that was left half-way is read from the start the next time", () => {
  const pile = spool<number>();
  pile.add(Array.from({ length: 10 }, (_, at) => ({ rank: [at, 0, 0] as const, value: at })));
  for (const { value } of pile.read()) if (value === 3) break;
  expect([...pile.read()].map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a hundred thousand values take the memory of a few", () => {
  const pile = spool<{ at: number; text: string }>();
  const text = "Failed to pull image, retry later. ".repeat(20);
  const before = process.memoryUsage.rss();
  for (let at = 0; at < 100_000; at += 1_000) {
    pile.add(Array.from({ length: 1_000 }, (_, n) => ({ rank: [-at, n, 0] as const, value: { at: at + n, text } })));
  }
  let read = 0;
  for (const { value } of pile.read()) read += value.text.length;
  expect(read).toBe(100_000 * text.length);
  expect(process.memoryUsage.rss() - before).toBeLessThan(60_000_000);
});
