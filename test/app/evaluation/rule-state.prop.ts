// `absence` over targets and the bound on keys, through the application itself, against models that go minute
// by minute through plain lists.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startReplay } from "../../../lib/app/replay/replay.ts";
import type { Config } from "../../../lib/model/config.ts";
import type { Event } from "../../../lib/model/event.ts";
import { eventAt, START } from "../../support/event.ts";
import { replayConfig } from "../../support/replay.ts";
import { MINUTE } from "../support.ts";

const RUNS = { numRuns: Number(process.env["RUNS"] ?? 10) };
const LAST = 60;
const SOURCES = "sources: [{ id: services, kind: service-events }]\nchannels: { ops: { type: console } }\n";
const minute = fc.integer({ min: 0, max: LAST });

/** What happens to one target; minutes after the start. `late`: until an event is found. */
interface Target {
  events: { at: number; late: number }[];
  ends?: number | undefined;
}

interface Notified {
  key: string;
  startsAt: number;
  endsAt: number | null;
  count: number;
}

/** What the application notifies of these targets in the end; of `events`, where they have no target. */
async function replayed(
  config: Config,
  targets: readonly Target[],
  others: readonly Event[] = [],
): Promise<Notified[]> {
  const [source] = config.sources;
  const watched = targets.map((_, index) => ({ source: source!, target: { id: `t${index}` } }));
  const replay = await startReplay({ config, start: START, targets: watched });
  const events = targets.flatMap(({ events }, index) =>
    events.map(({ at, late }, place) => ({
      found: at + late,
      event: eventAt(at, { id: `${index}.${place}`, resourceId: `t${index}` }),
    })),
  );
  for (const event of others) events.push({ found: (Date.parse(event.time) - START) / MINUTE, event });
  for (let now = 0; now <= LAST * 2; now++) {
    const found = events.filter((one) => one.found === now).map(({ event }) => event);
    const ended = watched.filter((_, index) => targets[index]!.ends === now);
    const sorted = found.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    if (found.length + ended.length > 0) await replay.feed(START + now * MINUTE, sorted, ended);
  }
  await replay.passTo(START + LAST * 2 * MINUTE);
  const last = new Map(replay.transitions.map(({ transition: { alert } }) => [alert.id, alert]));
  await replay.close();
  const minutes = (iso: string) => (Date.parse(iso) - START) / MINUTE;
  return [...last.values()]
    .map(({ key, startsAt, endsAt, count }) => ({
      key: String(key["overflow"] ?? key["resource.id"] ?? "all"),
      startsAt: minutes(startsAt),
      endsAt: endsAt === null ? null : minutes(endsAt),
      count,
    }))
    .sort(byKey);
}

function byKey(a: Notified, b: Notified): number {
  return a.key === b.key ? a.startsAt - b.startsAt : a.key < b.key ? -1 : 1;
}

describe("a rule over targets that are silent", () => {
  const LONGEST = 10;

  /** The silences of the targets that share a key, from minute 0 on, when all are read for the first time. */
  function silences(key: string, targets: readonly Target[]): Notified[] {
    const notified: Notified[] = [];
    let open: Notified | undefined;
    let last = 0;
    let isOver = false;
    const close = (now: number) => {
      if (open) open.endsAt = now;
      open = undefined;
    };
    for (let now = 0; now <= LAST * 2 && !isOver; now++) {
      if (targets.some(({ events }) => events.some(({ at }) => at === now))) {
        last = now;
        close(now);
      }
      isOver = targets.every(({ ends }) => ends !== undefined && ends <= now);
      if (isOver) close(now);
      else if (!open && now === last + LONGEST) {
        open = { key, startsAt: now, endsAt: null, count: 0 };
        notified.push(open);
      }
    }
    return notified;
  }

  const onTime = fc.array(
    minute.map((at) => ({ at, late: 0 })),
    { maxLength: 8 },
  );
  const late = fc.array(fc.record({ at: minute, late: fc.integer({ min: 0, max: 9 }) }), { maxLength: 8 });
  const targetsOf = (events: fc.Arbitrary<Target["events"]>) =>
    fc.array(fc.record({ events, ends: fc.option(minute, { nil: undefined }) }), { minLength: 1, maxLength: 3 });
  const rule = `rules: [{ id: mute, when: { source: [service-events] }, BY absence: { for: ${LONGEST}m, over: targets } }]\n`;
  const each = () => replayConfig(SOURCES + rule.replace("BY", ""));
  const together = () => replayConfig(SOURCES + rule.replace("BY", "by: [connection],"));

  it("notifies each target's silences, from its first complete read until it has ended", async () => {
    const config = await each();
    await fc.assert(
      fc.asyncProperty(targetsOf(onTime), async (targets) => {
        const expected = targets.flatMap((target, index) => silences(`t${index}`, [target]));
        expect(await replayed(config, targets)).toEqual(expected);
      }),
      RUNS,
    );
  });

  it("notifies the silences of those that share a key, until the last of them has ended", async () => {
    const config = await together();
    await fc.assert(
      fc.asyncProperty(targetsOf(onTime), async (targets) => {
        expect(await replayed(config, targets)).toEqual(silences("all", targets));
      }),
      RUNS,
    );
  });

  it("has notified every silence that was one in the end, and leaves none open that was not, where events come late", async () => {
    const config = await each();
    await fc.assert(
      fc.asyncProperty(targetsOf(late), async (targets) => {
        const notified = await replayed(config, targets);
        const expected = targets.flatMap((target, index) => silences(`t${index}`, [target]));
        const open = (all: readonly Notified[]) => all.filter(({ endsAt }) => endsAt === null).map(({ key }) => key);
        expect(open(notified)).toEqual(open(expected));
        for (const { key, startsAt } of expected) {
          const covers = (one: Notified) =>
            one.key === key && one.startsAt <= startsAt && startsAt <= (one.endsAt ?? startsAt);
          expect(notified.some(covers)).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

describe("a rule with more keys than it may keep", () => {
  const KEPT = 3;

  interface Happening {
    at: number;
    key: number;
    count: number;
    level: string;
  }

  /** Only what matches takes one of the places; what finds none shares an alert, which no event ends. */
  function sharing(sorted: readonly Happening[]): Notified[] {
    const matching = sorted.filter(({ level }) => level === "error");
    const kept = new Set([...new Set(matching.map(({ key }) => key))].slice(0, KEPT));
    const others = matching.filter(({ key }) => !kept.has(key));
    const own = [...kept].flatMap((key) =>
      alertsOf(
        `t${key}`,
        sorted.filter((one) => one.key === key),
      ),
    );
    return [...own, ...alertsOf("true", others)].sort(byKey);
  }

  function alertsOf(key: string, sorted: readonly Happening[]): Notified[] {
    const notified: Notified[] = [];
    let newest = 0;
    for (const { at, count, level } of sorted) {
      const open = notified.find(({ endsAt }) => endsAt === null);
      if (level !== "error") {
        if (open && newest < at) open.endsAt = at;
        continue;
      }
      newest = at;
      if (open) open.count += count;
      else notified.push({ key, startsAt: at, endsAt: null, count });
    }
    return notified;
  }

  it("has an alert for each of the first keys that match, and one for what all others match", async () => {
    const one = fc.record({
      at: minute,
      key: fc.integer({ min: 0, max: 7 }),
      count: fc.integer({ min: 1, max: 3 }),
      level: fc.constantFrom("error", "normal"),
    });
    const resolve = "resolve: { when: { source: [service-events], level: [normal] } }";
    const rule = `{ id: each, when: { level: [error] }, by: [resource.id], maxKeys: ${KEPT}, ${resolve} }`;
    const config = await replayConfig(`${SOURCES}rules: [${rule}]\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 20 }), async (all) => {
        // At the same time the match wins.
        const sorted = all.toSorted((a, b) => a.at - b.at || (a.level < b.level ? -1 : 1));
        const events = sorted.map(({ at, key, count, level }, index) =>
          eventAt(at, { id: `event-${index}`, resourceId: `t${key}`, count, level }),
        );
        expect(await replayed(config, [], events)).toEqual(sharing(sorted));
      }),
      RUNS,
    );
  });
});
