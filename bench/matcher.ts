// How long it takes to find all rules that match an event, for 1 to 10,000 rules, beside parsing the event's JSON and beside
// trying the rules one after the other as compiled closures.
import { createMatcher } from "../lib/rules/matcher.ts";
import { microseconds } from "./pace.ts";
import { type BenchEvent, type BenchRule, KINDS, makeEvents, makeRules } from "./patterns.ts";
import { figure, printTable } from "./print.ts";

const SIZES = [1, 10, 100, 1_000, 10_000];
const events = makeEvents(2_000);
const texts = events.map((event) => JSON.stringify(event));
const eventOf = (number: number) => events[number % events.length]!;
const parse = microseconds((number) => JSON.parse(texts[number % texts.length]!));
const bytes = texts.reduce((sum, text) => sum + text.length, 0) / texts.length;
console.log(`JSON.parse of an event (${figure(bytes)} bytes): ${figure(parse)} µs\n`);

const rows: string[][] = [];
for (const kind of KINDS) {
  for (const size of SIZES) {
    const rules = makeRules(kind, size);
    const began = performance.now();
    const { match } = createMatcher(rules);
    match(eventOf(0));
    const buildMs = performance.now() - began;
    const loop = closures(rules);
    const wrong = events.slice(0, 100).find((event) => match(event).join() !== loop(event).join());
    if (wrong) throw new Error(`${kind}, ${size} rules: matcher and loop differ on ${JSON.stringify(wrong)}`);
    const ours = microseconds((number) => match(eventOf(number)));
    const theirs = microseconds((number) => loop(eventOf(number)));
    rows.push([
      kind,
      figure(size),
      figure(1_000_000 / ours),
      figure(ours),
      `${figure(ours / parse)}×`,
      figure(theirs),
      `${figure(theirs / ours)}×`,
      figure(buildMs),
    ]);
  }
}
printTable(
  ["rules of kind", "rules", "events/s", "µs/event", "of JSON.parse", "loop µs/event", "faster than loop", "build ms"],
  rows,
);

type Closure = (event: BenchEvent) => boolean;

/** The rules one after the other: what a matcher without an index does. */
function closures(rules: readonly BenchRule[]): (event: BenchEvent) => string[] {
  const compiled = rules.map(({ id, when }): { id: string; fields: Closure[] } => ({
    id,
    fields: Object.entries(when).map(([field, [operator]]) => {
      const test = closure(operator);
      return (event) => test(event[field as keyof BenchEvent]);
    }),
  }));
  return (event) => {
    const found: string[] = [];
    for (const { id, fields } of compiled) if (fields.every((field) => field(event))) found.push(id);
    return found;
  };
}

function closure(operator: unknown): (value: string | number) => boolean {
  if (typeof operator === "string") return (value) => value === operator;
  const [name, operand] = Object.entries(operator as Record<string, unknown>)[0]!;
  if (name === "prefix") return (value) => String(value).startsWith(operand as string);
  if (name === "anything-but") {
    const excluded = new Set(operand as string[]);
    return (value) => !excluded.has(value as string);
  }
  if (name === "numeric") {
    const [, low, , high] = operand as [string, number, string, number];
    return (value) => (value as number) >= low && (value as number) < high;
  }
  const parts = (operand as string).split("*");
  return (value) => matchesParts(value as string, parts);
}

/** `*` between the parts; the first and the last are anchored. */
function matchesParts(text: string, [first, ...rest]: readonly string[]): boolean {
  const last = rest.pop()!;
  if (!text.startsWith(first!)) return false;
  let at = first!.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
