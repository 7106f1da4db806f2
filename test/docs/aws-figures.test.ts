// The figures of docs/aws.md and docs/scale.md that the code says: what a stack has, and what it does in an idle minute.
import { describe, expect, test } from "vitest";
import { MEASURED, PRICES } from "../../bench/aws/figures.ts";
import { METRICS } from "../../lib/aws/metrics/names.ts";
import { SLOT_RATE } from "../../lib/aws/slots.ts";
import { placesOf } from "../../lib/store/dynamodb/item.ts";
import type { Queue } from "../../lib/store/port.ts";
import { alarms } from "../../scripts/stack/alarms.ts";
import { commonFunctions, formOf } from "../aws/stage.ts";
import { readPage } from "./markdown.ts";

const MONTH = 43_200;
const QUEUES: readonly Queue[] = ["timer", "group", "delivery"];
const aws = readPage("docs/aws.md").text;
const scale = readPage("docs/scale.md").text;

/** The numbers of a sentence or a row. */
function figures(page: string, sentence: RegExp): number[] {
  const [, ...found] = sentence.exec(page) ?? [];
  expect(found, String(sentence)).not.toEqual([]);
  return found.map((text) => Number(text.replaceAll(",", "")));
}

/** Two figures are the same to two digits. */
const about = (value: number): number => Number(value.toPrecision(2));

describe("docs/aws.md", () => {
  test("has the alarms and metrics of a stack without the console", async () => {
    const form = await formOf("off");
    const { console: _, ...common } = await commonFunctions();
    const functions = Object.keys({ ...form.functions, ...common }).map((key) => {
      return { key, name: key, logGroup: "", queues: [] };
    });
    const all = alarms({ name: "", functions, deadLetters: ["Failures"], every: 60_000, topic: "" });
    expect(figures(aws, /^\| (\d+) alarms,.* \| ([\d.]+) \|$/m)).toEqual([
      Object.keys(all).length,
      Object.keys(all).length / 10,
    ]);
    // The lag is that of each source.
    const own = Object.keys(METRICS).length - 1;
    const [count, dollars] = figures(aws, /^\| (\d+) metrics, and 1 for each source.* \| ([\d.]+) and 0\.30 each \|$/m);
    expect([count, dollars]).toEqual([own, Number((own * 0.3).toFixed(2))]);
  });

  test("has what runs in an idle minute", async () => {
    const form = await formOf("off");
    const functions: { events?: { schedule?: { rate: string } }[] }[] = Object.values({
      ...form.functions,
      ...(await commonFunctions()),
    });
    const scheduled = functions.flatMap(({ events = [] }) => events.flatMap(({ schedule }) => schedule?.rate ?? []));
    const minutely = scheduled.filter((rate) => rate === "rate(1 minute)").length;
    expect(figures(aws, /has (\d+) invocations \((\d+) polls and the sweep\)/)).toEqual([minutely, minutely - 1]);
    expect(scheduled.filter((rate) => rate === "rate(5 minutes)")).toHaveLength(1);
    const invocations = about((minutely + 1 / 5) * MONTH);
    const rows: [RegExp, number, number][] = [
      [/^\| invocations \| ([\d,]+) \| ([\d.]+) \|$/m, invocations, PRICES.invocations / 1e6],
      [/^\| … at 0\.2 seconds each.* \| ([\d,]+) \| ([\d.]+) \|$/m, invocations * 0.2 * 0.5, PRICES.gbSecond],
      [/^\| read units of the sweep.* \| ([\d,]+) \| ([\d.]+) \|$/m, MEASURED.sweep.readUnits * MONTH, READ],
      [/^\| … of the health check.* \| ([\d,]+) \| ([\d.]+) \|$/m, 55 * (MONTH / 5), READ],
      [/^\| … of the polls.* \| ([\d,]+) \| ([\d.]+) \|$/m, 5 * 3 * MONTH, READ],
      [/^\| … of the targets.* \| ([\d,]+) \| ([\d.]+) \|$/m, 10 * MEASURED.target.readUnits * MONTH, READ],
      [/^\| write units.* \| ([\d,]+) \| ([\d.]+) \|$/m, (5 + 1 / 5) * MONTH, PRICES.writeUnits / 1e6],
    ];
    for (const [row, count, price] of rows) {
      const cents = Number((count * price).toFixed(2));
      expect(figures(aws, row), String(row)).toEqual([about(count), cents]);
    }
  });

  test("has how often the sweep queries the index, and how much of the budget a slot has", () => {
    const places = placesOf("timer").length;
    expect(figures(aws, /queries the index (\d+) times \((\d+) queues, each in (\d+) places\)/)).toEqual([
      QUEUES.length * places,
      QUEUES.length,
      places,
    ]);
    expect(figures(aws, /slots of at least (\d+) requests a second/)).toEqual([SLOT_RATE]);
  });
});
const READ = PRICES.readUnits / 1e6;

test("docs/scale.md has the write units of an alert and the rate of a slot that the code has", () => {
  const { poll, notify, deliver } = MEASURED.alert;
  const all = poll.writeUnits + notify.writeUnits + deliver.writeUnits;
  expect(figures(scale, /with each entry of the index once, it is (\d+)/)).toEqual([all]);
  expect(figures(scale, /at least (\d+) requests a second: four times/)).toEqual([SLOT_RATE]);
});
