// Random test files whose events are found late: each is played as it is found and in order, and what becomes of the
// alerts is compared. The rules are those of every kind with every end.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startReplay } from "../../../../lib/app/replay/replay.ts";
import { withSourcesOf } from "../../../../lib/app/replay/rule-tests/config.ts";
import { eventsOf, type FoundEvent } from "../../../../lib/app/replay/rule-tests/events.ts";
import { openRuleTests } from "../../../../lib/app/replay/rule-tests/open.ts";
import { endOf, startOf } from "../../../../lib/config/check/test-times.ts";
import type { Config } from "../../../../lib/model/config.ts";
import type { Random } from "../../../../lib/simulator/random.ts";

/** What the events of a case may be: `a` matches `when`, `b` and `c` what follows, `r` resolves. */
const MARKS = ["a", "a", "a", "b", "c", "ab", "bc", "r"];
const marked = (mark: string) => ({ reason: [{ wildcard: `*${mark}*` }] });

const KINDS: Record<string, object> = {
  occurrence: {},
  threshold: { threshold: { count: 3, within: "10m" } },
  distinct: { distinct: { field: "labels.value", count: 2, within: "10m" } },
  spike: { spike: { factor: 2, window: "6m", min: 3 } },
  absence: { absence: { for: "10m" } },
  expect: { expect: { when: marked("b"), within: "10m" } },
  // biome-ignore lint/suspicious/noThenProperty: the key that users write
  sequence: { sequence: { then: [marked("b"), marked("c")], within: "15m" } },
  change: { change: { field: "labels.value" } },
  newValue: { newValue: { field: "labels.value", memory: "12m" } },
};
const ENDS: Record<string, object> = {
  "": {},
  "-when": { resolve: { when: marked("r") } },
  "-after": { resolve: { after: "7m" } },
  "-both": { resolve: { when: marked("r"), after: "20m" } },
  "-reopen": { resolve: { when: marked("r"), after: "7m" }, reopen: "5m" },
};
const RULES = Object.entries(KINDS).flatMap(([kind, state]) =>
  Object.entries(ENDS).map(([end, life]) => ({ id: `${kind}${end}`, when: marked("a"), ...state, ...life })),
);

const MINUTE = 60;
/** The sources' lateness; seconds. */
const LATENESS = 10 * MINUTE;

/** Events of an hour, at whole minutes now and then so that some come at one moment; most of them are found at once. */
export function drawEvents(random: Random): object[] {
  const step = random.pick([1, MINUTE]);
  return Array.from({ length: random.int(2, 14) }, () => ({
    at: `${random.int(0, (60 * MINUTE) / step) * step}s`,
    source: "service-events",
    late: random.chance(0.5) ? 0 : random.int(1, LATENESS / step) * step,
    count: random.int(1, 2),
    reason: random.pick(MARKS),
    labels: random.chance(0.9) ? { value: random.pick(["p", "q", "s"]) } : {},
    resource: { id: random.pick(["x", "x", "y"]) },
  }));
}

interface Alerted {
  id: string;
  rule: string;
  key: string;
  startsAt: string;
  endsAt: string | null;
  count: number;
}

/** The alerts as they are in the end, and when each was found out. */
interface Outcome {
  alerts: Alerted[];
  openedAt: Map<string, number>;
}

export interface Verdict {
  /** One for each rule that had an alert: as in order; spanning or ended, since it was notified before; else. */
  same: number;
  kept: number;
  other: string[];
  /** Pages for nothing, and alerts that were missed. */
  wrong: string[];
}

/** Plays these events, late and in order, in a test file of its own below `folder`. */
export async function playLate(folder: string, events: readonly object[]): Promise<Verdict> {
  const { config, start, end, found } = await openCase(folder, events);
  const late = await outcomeOf(config, start, found, end);
  const ordered = await outcomeOf(config, start, inOrder(found), end);
  const keyOf = ({ rule, key }: Alerted) => `${rule} ${key}`;
  const [notified, due] = [Map.groupBy(late.alerts, keyOf), Map.groupBy(ordered.alerts, keyOf)];
  const verdict: Verdict = { same: 0, kept: 0, other: [], wrong: [] };
  for (const name of new Set([...notified.keys(), ...due.keys()])) {
    const [own, wanted] = [notified.get(name) ?? [], due.get(name) ?? []];
    if (lines(own) === lines(wanted)) verdict.same++;
    else if (own.every((one) => spans(one, wanted) || isTaken(one, own))) verdict.kept++;
    else verdict.other.push(`${name}: ${lines(own)}, in order ${lines(wanted)}`);
    const missed = wanted.filter((one) => !own.some((other) => meet(one, other)));
    verdict.wrong.push(...missed.map((one) => `${name}: missed ${lineOf(one)}`));
    for (const one of own) {
      const said = await judge(one, wanted, () => wasDue(config, start, found, one, late.openedAt.get(one.id)!));
      if (said) verdict.wrong.push(`${name}: ${said} ${lineOf(one)}`);
    }
  }
  return verdict;
}

async function openCase(folder: string, events: readonly object[]) {
  const path = join(folder, "late.test.yml");
  const file = { rules: RULES, tests: [{ name: "late", events, until: "3h", expect: [] }] };
  await writeFile(path, JSON.stringify(file));
  const readConfig = () => Promise.reject(new Error("the file has rules of its own"));
  const { config, tests } = await openRuleTests(path, { packsDir: folder, readConfig });
  const { test } = tests[0]!;
  const found = eventsOf(config, test);
  const whole = withSourcesOf(
    config,
    found.map(({ event }) => event),
  );
  return { config: whole, start: startOf(test), end: endOf(test), found };
}

/** What is wrong about an alert that was notified, given those of its rule and key in order. */
async function judge(one: Alerted, wanted: readonly Alerted[], wasDue: () => Promise<boolean>) {
  const inside = wanted.filter((other) => meet(one, other));
  if (one.endsAt === null && !inside.some(({ endsAt }) => endsAt === null)) return "fires for nothing";
  return inside.length > 0 || (await wasDue()) ? undefined : "paged for nothing";
}

/** Whether what had been found when it opened had such an alert in order. */
async function wasDue(config: Config, start: number, found: readonly FoundEvent[], one: Alerted, openedAt: number) {
  const known = found.filter(({ at }) => at <= openedAt);
  const { alerts } = await outcomeOf(config, start, inOrder(known), openedAt);
  return alerts.some((other) => other.rule === one.rule && other.key === one.key && meet(one, other));
}

async function outcomeOf(config: Config, start: number, found: readonly FoundEvent[], until: number): Promise<Outcome> {
  const replay = await startReplay({
    config: withSourcesOf(
      config,
      found.map(({ event }) => event),
    ),
    start,
  });
  try {
    for (const [at, together] of Map.groupBy(found, ({ at }) => at)) {
      await replay.feed(
        at,
        together.map(({ event }) => event),
      );
    }
    await replay.passTo(until);
    const alerts = new Map<string, Alerted>();
    const openedAt = new Map<string, number>();
    for (const { at, transition } of replay.transitions) {
      const { id, rule, key, startsAt, endsAt, count } = transition.alert;
      if (!openedAt.has(id)) openedAt.set(id, at);
      alerts.set(id, { id, rule, key: String(key["resource.id"]), startsAt, endsAt, count });
    }
    return { alerts: [...alerts.values()], openedAt };
  } finally {
    await replay.close();
  }
}

/** As if each had been found at its time. */
function inOrder(found: readonly FoundEvent[]): FoundEvent[] {
  return found.map(({ event }) => ({ at: Date.parse(event.time), event })).toSorted((a, b) => a.at - b.at);
}

function meet(one: Alerted, other: Alerted): boolean {
  const end = ({ endsAt }: Alerted) => endsAt ?? "9999";
  return one.startsAt <= end(other) && other.startsAt <= end(one);
}

/** It has the start of the first in its time, the end of the last and the counts of all; or there is none any more. */
function spans(one: Alerted, wanted: readonly Alerted[]): boolean {
  const inside = wanted.filter((other) => meet(one, other)).toSorted((a, b) => (a.startsAt < b.startsAt ? -1 : 1));
  if (inside.length === 0) return true;
  const count = inside.reduce((sum, other) => sum + other.count, 0);
  return one.startsAt === inside[0]!.startsAt && one.endsAt === inside.at(-1)!.endsAt && one.count === count;
}

/** Of two that are one in order the older has taken all of it, and the younger has ended at its start. */
function isTaken(one: Alerted, own: readonly Alerted[]): boolean {
  return one.startsAt === one.endsAt && own.some((other) => other.startsAt < one.startsAt && meet(one, other));
}

function lines(alerts: readonly Alerted[]): string {
  return alerts.map(lineOf).sort().join(", ");
}

function lineOf({ startsAt, endsAt, count }: Alerted): string {
  return `${startsAt.slice(11, 19)}-${endsAt?.slice(11, 19) ?? ""} x${count}`;
}
