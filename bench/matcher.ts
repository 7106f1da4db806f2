// How long it takes to find all rules that match an event, for 1 to 10,000 rules, beside parsing the event's JSON,
// beside trying the rules one after the other as compiled closures, and beside two public rule engines.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createMatcher } from "../lib/patterns/matcher.ts";
import { microseconds } from "./pace.ts";
import { type BenchEvent, type BenchRule, KINDS, makeEventsFor, makeRules } from "./patterns.ts";
import { figure, printTable } from "./print.ts";
import { compileLogicEngine, compileRulesEngine } from "./rule-engines.ts";
import { compileLoop } from "./rule-loop.ts";

const SIZES = [1, 10, 100, 1_000, 10_000];
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let events: BenchEvent[] = [];
const eventOf = (number: number) => events[number % events.length]!;

const rows: string[][] = [];
for (const kind of KINDS) {
  for (const size of SIZES) {
    const rules = makeRules(kind, size);
    const texts = makeEventsFor(kind, rules, 2_000).map((event) => JSON.stringify(event));
    events = texts.map((text) => JSON.parse(text) as BenchEvent);
    const loop = compileLoop(rules);
    const { match, buildMs, bytesPerRule } = build(rules);
    const logic = compileLogicEngine(rules);
    const engine = compileRulesEngine(rules);
    for (const event of events.slice(0, 100)) compare(kind, rules, match(event), loop(event), event);
    for (const event of events.slice(0, 2)) {
      compare(kind, rules, logic(event), loop(event), event);
      compare(kind, rules, (await engine(event)).sort(), loop(event).sort(), event);
    }
    const parse = microseconds((number) => JSON.parse(texts[number % texts.length]!));
    const ours = microseconds((number) => match(eventOf(number)));
    const theirs = microseconds((number) => loop(eventOf(number)));
    rows.push([
      kind,
      figure(size),
      figure(1_000_000 / ours),
      figure(ours),
      figure(parse),
      `${figure(ours / parse)}×`,
      figure(theirs),
      `${figure(theirs / ours)}×`,
      figure(microseconds((number) => logic(eventOf(number)))),
      figure(await microsecondsOf(engine)),
      figure(buildMs),
      // Of few rules, the process's own memory says more than theirs.
      size < 1_000 ? "" : figure(bytesPerRule),
    ]);
  }
}
printTable(
  [
    ...[
      "rules of kind",
      "rules",
      "events/s",
      "µs/event",
      "JSON.parse µs",
      "of JSON.parse",
      "loop µs",
      "faster than loop",
    ],
    ...["json-logic-engine µs", "json-rules-engine µs", "build ms", "bytes/rule"],
  ],
  rows,
);

/** Time and memory of a matcher: the memory is what stays, beside the rules themselves. */
function build(rules: readonly BenchRule[]) {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const began = performance.now();
  const { match } = createMatcher(rules);
  match(eventOf(0));
  const buildMs = performance.now() - began;
  collectGarbage();
  return { match, buildMs, bytesPerRule: Math.max(0, process.memoryUsage().heapUsed - before) / rules.length };
}

function compare(
  kind: string,
  rules: readonly BenchRule[],
  found: readonly string[],
  expected: readonly string[],
  event: BenchEvent,
): void {
  if (found.join() === expected.join()) return;
  throw new Error(`${kind}, ${rules.length} rules: found ${found}, not ${expected}, for ${JSON.stringify(event)}`);
}

/** µs for one event of a function that gives a promise; it is too slow for more than one short round. */
async function microsecondsOf(unit: (event: BenchEvent) => Promise<unknown>): Promise<number> {
  const began = process.cpuUsage();
  const spent = () => process.cpuUsage(began).user;
  let done = 0;
  while (done < 3 || spent() < 100_000) await unit(eventOf(done++));
  return spent() / done;
}
