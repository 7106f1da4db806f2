// When a scheduled poll counts as a failed invocation, and that it keeps and reports its work all the same.
import { describe, expect, test } from "vitest";
import type { App } from "../../lib/app/deps.ts";
import { type SourceRow, sourceKey } from "../../lib/app/persistence/rows.ts";
import { seenEvents } from "../../lib/app/queries/lists.ts";
import { PollFailed, pollKind } from "../../lib/aws/poll.ts";
import type { Fault } from "../../lib/simulator/faults.ts";
import { type Store, StoreError } from "../../lib/store/port.ts";
import { bench, T0 } from "../app/support.ts";

const RULES = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const FOUND = `sources: [{ kind: service-events }]\n${RULES}`;
const NAMED = `sources: [{ kind: service-events, targets: [svc-1, svc-2] }]\n${RULES}`;
const BOTH = `
sources: [{ id: one, kind: service-events, targets: [svc-1] }, { id: two, kind: service-events, targets: [svc-2] }]
${RULES}`;
const services = ["svc-1", "svc-2"];

interface Line {
  level: string;
  message: string;
  fields: Record<string, unknown> | undefined;
}

/** The application with its log kept. */
function logged(app: App): { app: App; lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (message: string, fields?: Record<string, unknown>) =>
    void lines.push({ level, message, fields });
  const log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { app: { ...app, log }, lines };
}

function poll(app: App, signal = new AbortController().signal) {
  return pollKind(app, "service-events", signal);
}

const refused = (more: object) => ({ kind: "status", status: 400, ...more }) as Fault;

describe("a poll", () => {
  const failing: [string, { yaml: string; projectByName?: boolean; fault: Fault; says: RegExp }][] = [
    [
      "whose discovery failed",
      { yaml: FOUND, fault: refused({ on: "services" }), says: /targets could not be found out: .*400/ },
    ],
    [
      "whose project could not be found out",
      { yaml: NAMED, projectByName: true, fault: refused({ on: "projects" }), says: /its project .*: .*400/ },
    ],
    [
      "of which every target is unread",
      { yaml: NAMED, fault: refused({ on: "service-events" }), says: /: none of its 2 targets was read: .*400/ },
    ],
  ];
  test.each(failing)("%s is a failed invocation that has recorded its work", async (_, { fault, says, ...options }) => {
    const b = await bench({ services, ...options });
    b.sim.setFaults([fault]);
    const { app, lines } = logged(b.app);
    const error = await poll(app).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PollFailed);
    expect((error as Error).message).toMatch(/^1 of 1 polls of service-events failed\. source service-events: /);
    expect((error as Error).message).toMatch(says);
    expect((await b.store.get<SourceRow>(sourceKey("service-events")))?.data.lastRunAt).toBe(T0);
    expect(lines).toContainEqual({
      level: "info",
      message: "polled",
      fields: { result: [expect.objectContaining({ source: "service-events", found: 0 })] },
    });
    b.sim.setFaults([]);
    b.to(30);
    expect(await poll(app)).toMatchObject([{ targets: 2, failing: 0 }]);
  });

  test("of which one target among others is unread has succeeded", async () => {
    const b = await bench({ services, yaml: NAMED });
    b.sim.setFaults([refused({ on: "service-events", url: /svc-2/ })]);
    expect(await poll(b.app)).toMatchObject([{ targets: 2, failing: 1 }]);
  });

  test("that its deadline stopped has failed where it found nothing, and succeeded where it got on", async () => {
    const stop = new AbortController();
    const wrapStore = (store: Store): Store => ({
      ...store,
      async commit(ops) {
        await store.commit(ops);
        if (ops.some(({ pk }) => pk.startsWith("target/"))) stop.abort();
      },
    });
    const b = await bench({
      services: ["svc-1"],
      yaml: `sources: [{ kind: service-events, lookback: 2h, targets: [svc-1] }]\n${RULES}`,
      wrapStore,
    });
    const events = Array.from({ length: 2_500 }, (_, n) => {
      return { occur_time: T0 - 3_600_000 + n, event_type: "normal" as const, event_info: `${n}` };
    });
    b.sim.world.addServiceEvents("svc-1", events);
    await expect(poll(b.app, AbortSignal.abort())).rejects.toThrow(/none of its 1 targets was read/);
    const [summary] = await poll(b.app, stop.signal);
    expect(summary).toMatchObject({ failing: 0, unreached: 1, interrupted: true });
    expect(summary!.found).toBeGreaterThan(0);
  });

  test.each([
    ["one", "1m"],
    ["two", "1m"],
    ["one", "5m"],
    ["two", "5m"],
  ])(
    "that fails in source %s keeps the other of its kind neither from being read nor reported, each every %s",
    async (broken, every) => {
      const other = broken === "one" ? "two" : "one";
      const wrapStore = (store: Store): Store => ({
        ...store,
        async get<T>(key: { pk: string; sk: string }) {
          if (key.pk === sourceKey(broken).pk && key.sk === broken) throw new StoreError("the row cannot be read");
          return store.get<T>(key);
        },
      });
      const b = await bench({ services, yaml: BOTH.replaceAll("kind:", `every: ${every}, kind:`), wrapStore });
      b.fail(-1, "boom", "svc-1");
      b.fail(-1, "boom", "svc-2");
      const { app, lines } = logged(b.app);
      await expect(poll(app)).rejects.toThrow(
        `1 of 2 polls of service-events failed. source ${broken}: the row cannot be read`,
      );
      expect((await seenEvents(b.app)).map(({ resource }) => resource?.id)).toEqual([
        other === "one" ? "svc-1" : "svc-2",
      ]);
      expect(lines).toContainEqual({
        level: "info",
        message: "polled",
        fields: { result: [expect.objectContaining({ source: other, found: 1 })] },
      });
    },
  );
});
