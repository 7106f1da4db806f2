// The inbox of a group: pollers that find something for the same group at the same time are not in each other's way,
// and a group of any size is decided.
import { describe, expect, it } from "vitest";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { createRandom } from "../../../lib/simulator/random.ts";
import { rowId } from "../../../lib/store/ops.ts";
import { type Op, type Store, StoreConflict } from "../../../lib/store/port.ts";
import { type Bench, bench } from "../support.ts";

const YAML = `
rules: [{ id: failed, when: { level: [error] }, by: [resource.id], resolve: { when: { source: [service-events], level: [normal] } } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

const SERVICES = Array.from({ length: 100 }, (_, n) => `svc-${n}`);

interface Counted {
  conflicts: number;
  commits: number;
}

/** A store with so many items to a commit, that lets others come in before each commit. */
function counting(store: Store, counted: Counted, items: number): Store {
  return {
    ...store,
    limits: { ...store.limits, items },
    async commit(ops: readonly Op[]) {
      expect(ops.length).toBeLessThanOrEqual(items);
      counted.commits++;
      await new Promise(setImmediate);
      try {
        await store.commit(ops);
      } catch (error) {
        if (error instanceof StoreConflict) counted.conflicts++;
        throw error;
      }
    },
  };
}

/** Of two commits that are under way at once and share a row, the later one fails: as in DynamoDB, checks included. */
function exclusive(store: Store, counted: Counted): Store {
  const underWay = new Set<string>();
  return {
    ...store,
    async commit(ops: readonly Op[]) {
      const rows = ops.map(rowId);
      const taken = ops.filter((op) => underWay.has(rowId(op)));
      if (taken.length > 0) {
        counted.conflicts++;
        counted.commits++;
        throw new StoreConflict(taken);
      }
      for (const row of rows) underWay.add(row);
      for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
      try {
        await store.commit(ops);
      } finally {
        for (const row of rows) underWay.delete(row);
      }
    },
  };
}

function alertsOf(b: Bench): { id: string; status: string; newCount: number }[] {
  return b.messages.flatMap(({ body }) => body.alerts);
}

describe("100 services that fail at once, in one group", () => {
  it.each([
    ["of 24 items", 24],
    ["of 88 items, as DynamoDB's", 88],
    ["of 5,000 items", 5_000],
  ])("are each notified once, and once when they recover, with commits %s", async (_, items) => {
    const counted: Counted = { conflicts: 0, commits: 0 };
    const wrapStore = (store: Store) => counting(store, counted, items);
    const b = await bench({ yaml: YAML, services: SERVICES, requestsPerSecond: 1_000, wrapStore });
    await b.beat();
    for (const id of SERVICES) b.fail(1, "Failed to pull image", id);
    await b.beats(3);
    const firing = alertsOf(b);
    expect(new Set(firing.map(({ id }) => id)).size).toBe(100);
    expect(firing).toHaveLength(100);
    expect(firing.every(({ status, newCount }) => status === "firing" && newCount === 1)).toBe(true);
    for (const id of SERVICES) b.recover(4, id);
    await b.beats(9);
    expect(alertsOf(b).filter(({ status }) => status === "resolved")).toHaveLength(100);
    expect(alertsOf(b)).toHaveLength(200);
  });

  it("are each named in the message and an incident each, where one commit has no room for all these groups", async () => {
    const yaml = YAML.replace("[ops]", "[ops, page]").replace(
      "channels: { ops",
      'channels: { page: { type: incident-io, url: "HOOK/page", token: "t-0123456789" }, ops',
    );
    const counted: Counted = { conflicts: 0, commits: 0 };
    const wrapStore = (store: Store) => counting(store, counted, 88);
    const b = await bench({
      // Of one service: what one slice finds leads to all of them.
      yaml: yaml.replace("[resource.id]", "[resource.id, message]"),
      requestsPerSecond: 1_000,
      wrapStore,
    });
    b.answer(({ to }) => ({ status: to === "/page" ? 202 : 200 }));
    await b.beat();
    for (const n of SERVICES.keys()) b.fail(1, `failure ${n}`);
    await b.beats(3);
    const named = b.messages.flatMap(({ to, body }) => (to === "/ops" ? body.alerts : []));
    expect(new Set(named.map(({ id }) => id)).size).toBe(100);
    const incidents = b.messages.flatMap(({ to, body }) => (to === "/page" ? [body.deduplication_key] : []));
    expect(new Set(incidents).size).toBe(100);
  });

  it("are each held back by an alert of their own, which keeps no other back, whatever a commit has room for", async () => {
    const yaml = `
rules:
  - id: down
    when: { text: [{ wildcard: "*down*" }] }
    by: [resource.id]
    severity: critical
    resolve: { when: { source: [service-events], level: [normal] } }
  - { id: slow, when: { text: [{ wildcard: "*slow*" }] }, by: [resource.id], severity: warning }
inhibit: [{ source: { rule: [down] }, target: { rule: [slow] }, equal: [resource.id] }]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
    const services = SERVICES.slice(0, 50);
    const wrapStore = (store: Store) => counting(store, { conflicts: 0, commits: 0 }, 88);
    const b = await bench({ yaml, services, requestsPerSecond: 1_000, wrapStore });
    await b.beat();
    for (const id of services.slice(1)) b.fail(1, "it is down", id);
    for (const id of services) b.fail(1.1, "it is slow", id);
    await b.beats(3);
    const slow = () => b.messages.filter(({ body }) => body.group.rule === "slow").flatMap(({ body }) => body.alerts);
    expect(slow().map(({ resource }) => resource.id)).toEqual(["svc-0"]);
    for (const id of services.slice(1)) b.recover(3.5, id);
    await b.beats(5);
    expect(new Set(slow().map(({ resource }) => resource.id)).size).toBe(50);
  });

  it("are evaluated by ten processes at once, of whose commits less than 5 % are in each other's way", async () => {
    const counted: Counted = { conflicts: 0, commits: 0 };
    const random = createRandom(1);
    const parts = Array.from({ length: 10 }, (_, n) => SERVICES.filter((_, at) => at % 10 === n));
    const sources = parts.map((ids, n) => `{ id: s${n}, kind: service-events, targets: [${ids.join(", ")}] }`);
    const yaml = `sources: [${sources.join(", ")}]\n${YAML}`;
    const wrapStore = (store: Store) => exclusive(counting(store, counted, 88), counted);
    const requestsPerSecond = 1_000;
    const b = await bench({ yaml, services: SERVICES, requestsPerSecond, wrapStore, random: () => random.next() });
    await b.beat();
    const apps = [b.app, ...(await Promise.all(parts.slice(1).map(() => b.beside())))];
    for (const id of SERVICES) b.fail(1, "Failed to pull image", id);
    b.to(2);
    Object.assign(counted, { conflicts: 0, commits: 0 });
    const { signal } = new AbortController();
    await Promise.all(b.app.config.sources.map((source, n) => pollSource(apps[n]!, source, signal)));
    expect(counted.commits).toBeGreaterThan(100);
    expect(counted.conflicts / counted.commits).toBeLessThan(0.05);
    await b.beats(4);
    expect(alertsOf(b)).toHaveLength(100);
  });
});
