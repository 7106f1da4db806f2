// Events that are dated ahead: nothing is decided before now has reached it, and no such date keeps
// a rule from what comes next.

import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventsKey, type TargetRow } from "../../../lib/app/persistence/rows.ts";
import { targetKey } from "../../../lib/app/persistence/target-rows.ts";
import { createExplainer } from "../../../lib/app/queries/explain.ts";
import { createReader } from "../../../lib/app/queries/explain-reader.ts";
import { endedAlerts, openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import { createIo } from "../../../lib/cli/io.ts";
import { eventText } from "../../../lib/cli/print/explain-text.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { folderWith } from "../../support/cli.ts";
import { eventAt } from "../../support/event.ts";
import { lookoutHere } from "../../support/in-process.ts";
import { keepingIo } from "../../support/io.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";

const HOUR = 60;
const DAY = 24 * HOUR;
const FAILED = "when: { level: [error] }";

function yaml(rule: string): string {
  return `
rules: [{ id: rule, ${rule} }]
route: { channels: [ops], groupWait: 0s, groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
}

const LISTED = `store: { type: sqlite, path: s.db }
connections: { c: { cloud: otc, region: eu-de, projectId: p } }
sources: [{ kind: service-events, targets: [svc-1] }]
rules: [{ id: r, when: { level: [error] } }]
channels: { chat: { type: console } }
`;

async function alerts(b: Bench) {
  return [...(await endedAlerts(b.app)), ...(await openAlerts(b.app))];
}

const KINDS = [
  { kind: "an occurrence", rule: FAILED },
  { kind: "resolve.after", rule: `${FAILED}, resolve: { after: 10m }` },
  { kind: "resolve.when", rule: `${FAILED}, resolve: { when: { level: [normal] } }` },
  { kind: "threshold", rule: `${FAILED}, threshold: { count: 1, within: 10m }` },
  { kind: "distinct", rule: `${FAILED}, distinct: { field: message, count: 1, within: 10m }` },
  { kind: "sequence", rule: `${FAILED}, sequence: { then: [{ level: [error] }], within: 10m }` },
  { kind: "expect", rule: `${FAILED}, expect: { when: { level: [normal] }, within: 10m }` },
  { kind: "absence", rule: `${FAILED}, absence: { for: 10m }` },
  { kind: "newValue", rule: `${FAILED}, newValue: { field: message, memory: 1d }` },
];

const AHEAD = [
  { ahead: "nine minutes", minutes: 9 },
  { ahead: "25 hours", minutes: 25 * HOUR },
  { ahead: "the end of the year 9999", minutes: (Date.parse("9999-12-31T23:59:59Z") - T0) / MINUTE - 1 },
];

describe.each(KINDS)("$kind and an event dated ahead", ({ rule }) => {
  it.each(AHEAD)("by $ahead: no alert begins or ends after now", async ({ minutes }) => {
    const b = await bench({ yaml: yaml(rule) });
    b.to(1);
    b.fail(0.4);
    b.fail(0.5);
    await b.beat();
    b.fail(1 + minutes, "Failed, says a clock that is ahead");
    b.to(2);
    await b.beat();
    const now = T0 + 2 * MINUTE;
    const far = minutes > HOUR;
    for (const { startsAt, endsAt } of await alerts(b)) {
      expect(Date.parse(startsAt)).toBeLessThanOrEqual(far ? now : now + 10 * MINUTE);
      if (endsAt !== null) expect(Date.parse(endsAt)).toBeLessThanOrEqual(now);
    }
  });
});

describe("an event dated far ahead", () => {
  it("leaves today's open alert open, counts in it, and ends nothing tomorrow", async () => {
    const b = await bench({ yaml: yaml(FAILED) });
    b.to(1);
    b.fail(0.5);
    await b.beat();
    b.to(2);
    b.fail(2 + 25 * HOUR, "Failed tomorrow");
    await b.beat();
    expect(await endedAlerts(b.app)).toEqual([]);
    expect(await openAlerts(b.app)).toMatchObject([{ status: "firing", count: 2, endsAt: null }]);
  });

  it("by minutes does not end an alert before its day is over either", async () => {
    const b = await bench({ yaml: yaml(FAILED) });
    b.to(1);
    b.fail(0.5);
    await b.beat();
    b.to(DAY - 2);
    b.fail(DAY + 5, "Failed, says a clock that is ahead");
    await b.beat();
    expect(await endedAlerts(b.app)).toEqual([]);
    await b.beats(DAY + 7);
    const day = { status: "resolved", count: 1, endsAt: new Date(T0 + (DAY + 0.5) * MINUTE).toISOString() };
    expect(await alerts(b)).toMatchObject([day, { status: "firing", count: 1 }]);
  });

  it("of the year 9999 is notified, and so is what fails after it has ended", async () => {
    const b = await bench({ yaml: yaml(`${FAILED}, resolve: { after: 10m }`) });
    b.to(1);
    b.fail((Date.parse("9999-12-31T00:00:00Z") - T0) / MINUTE, "Failed in the year 9999");
    await b.beat();
    await b.beats(15);
    b.fail(14.5, "Failed again");
    await b.beats(17);
    expect((await alerts(b)).map(({ status, count }) => `${status} ${count}`)).toEqual(["resolved 1", "firing 1"]);
    expect(b.messages.map(({ body }) => body.reason)).toEqual(["new", "resolved", "new"]);
  });
});

describe("more than ten minutes ahead", () => {
  async function poll(minutes: readonly number[]) {
    const b = await bench({ yaml: yaml(FAILED) });
    const warned: unknown[] = [];
    const { warn } = b.app.log;
    b.app.log.warn = (message, fields) => void warned.push([message, fields]);
    onTestFinished(() => {
      b.app.log.warn = warn;
    });
    b.to(1);
    await b.beat();
    for (const [at, ahead] of minutes.entries()) b.fail(1 + ahead, `Failed ${at}`);
    b.to(2);
    await b.beat();
    return { b, warned };
  }

  it("an event is flagged, explained so, and its target warned of once a round", async () => {
    const { b, warned } = await poll([1, 10, 12, 13]);
    expect((await seenEvents(b.app)).map(({ future }) => future)).toEqual([undefined, undefined, true, true]);
    const said = "events are dated more than 10 minutes ahead: a clock differs, the cloud's or this machine's";
    expect(warned).toEqual([[said, { source: "service-events", target: "svc-1", events: 2 }]]);
    const explainer = createExplainer(b.app, createReader(b.app), () => null);
    const texts = (await seenEvents(b.app)).map(async (event) => {
      return eventText({ ...createIo(keepingIo().io), time: (at) => at }, await explainer.event(event, true), 0);
    });
    expect((await Promise.all(texts)).map((text) => text.includes("10 minutes ahead when it was found"))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    await b.beats(4);
    expect(warned).toHaveLength(1);
  });

  it("the list of events says so of each", async () => {
    const cwd = await folderWith({ "lookout.yml": LISTED });
    const now = Date.now();
    const store = await openSqliteStore({ path: join(cwd, "s.db"), now: () => now, warn() {} });
    const events = [eventAt(0), eventAt(1, { future: true })];
    await store.commit([{ op: "put", ...eventsKey(now, "services", "svc-1", "first"), data: { events } }]);
    await store.close();
    const { stdout } = await lookoutHere(["events"], { cwd });
    expect(stdout.split("\n").map((line) => line.includes("(dated ahead) Failed to pull"))).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it("no event moves its target's cursor past now", async () => {
    const { b } = await poll([12, 25 * HOUR]);
    const [source] = b.app.config.sources;
    const row = await b.store.get<TargetRow>(await targetKey(b.app, source!, "svc-1"));
    expect(row!.data.cursor.readTo).toBeLessThanOrEqual(T0 + 2 * MINUTE);
  });
});
