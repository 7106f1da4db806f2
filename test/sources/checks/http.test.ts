// What checks of endpoints make of their answers: down after so many failures in a row, up at once, slow and about to
// be without a certificate, each said once.
import { describe, expect, onTestFinished, test } from "vitest";
import type { ProbeConfig } from "../../../lib/model/config.ts";
import { http } from "../../../lib/sources/checks/http.ts";
import { judge, type State } from "../../../lib/sources/checks/judge.ts";
import type { Outcome } from "../../../lib/sources/checks/probe.ts";
import type { Endpoint } from "../../../lib/sources/port.ts";
import { FLOOR, MINUTE, NOW } from "../rows.ts";
import { createCloud, createPoller, endpointAt, json, poll, serve } from "../support.ts";

const DAY = 1_440 * MINUTE;
const CONFIG: ProbeConfig = { timeout: 2_000, failures: 2, certificate: 14 * DAY };

/** Endpoints behind one server; each answers the status that stands under its path. */
async function bench(config: Partial<ProbeConfig> = {}) {
  const statuses: Record<string, number> = { "/a": 200 };
  const server = await serve(({ url }, response) => json(response, statuses[new URL(url!, server.url).pathname]!, {}));
  onTestFinished(server.close);
  const poller = createPoller();
  let now = NOW - MINUTE;
  const endpointOf = (path: string): Endpoint => ({
    ...endpointAt(`${server.url}${path}?key=k`),
    target: { id: path.slice(1) },
  });
  let endpoints: Endpoint[] | undefined;
  return {
    statuses,
    poller,
    url: server.url,
    only(given: Endpoint[]) {
      endpoints = given;
    },
    async look(): Promise<string[]> {
      now += MINUTE;
      const before = poller.emitted.length;
      const all = async () => endpoints ?? Object.keys(statuses).map(endpointOf);
      const scope = { probe: { ...CONFIG, ...config }, endpoints: all };
      await poll(http, createCloud(), poller, { floor: FLOOR, now, scope });
      return poller.emitted.slice(before).map(({ level, type, reason, resource: { id }, data }) => {
        return [id, level, type, reason, data["status"], ...(data["first"] ? ["first"] : [])].join(" | ");
      });
    },
  };
}

test("down after two failures in a row, up at once, and nothing is written while nothing changes", async () => {
  const { statuses, poller, look } = await bench();
  expect(await look()).toEqual(["a | normal | up | state | 200 | first"]);
  const commits: number[] = [];
  const found: string[][] = [];
  for (const status of [200, 500, 200, 500, 500, 500, 503, 200, 200]) {
    statuses["/a"] = status;
    const before = poller.commits;
    found.push(await look());
    commits.push(poller.commits - before);
  }
  const down = "a | error | down | state | 500";
  expect(found).toEqual([[], [], [], [], [down], [], [], ["a | normal | up | state | 200"], []]);
  expect(commits).toEqual([0, 1, 1, 1, 1, 0, 0, 1, 0]);
});

test("what is down at the first look is said once it failed often enough, as the first", async () => {
  const { statuses, look } = await bench();
  statuses["/a"] = 500;
  expect([await look(), await look(), await look()]).toEqual([[], ["a | error | down | state | 500 | first"], []]);
});

test("an event has the answer, and where it was asked without what may be secret", async () => {
  const { poller, url, look } = await bench();
  await look();
  const [event] = poller.emitted;
  expect(event).toMatchObject({ resource: { type: "endpoint", id: "a", name: "a" }, time: "2026-11-20T10:00:00.000Z" });
  expect(event!.data).toEqual({
    url: `${url}/a`,
    status: 200,
    duration: expect.any(Number),
    error: null,
    certificateDays: null,
    slow: false,
    expiring: false,
    previous: null,
    first: true,
  });
});

test("one that the configuration names no more is gone, and so is what was known of it", async () => {
  const { statuses, poller, look } = await bench();
  statuses["/b"] = 500;
  await look();
  await look();
  delete statuses["/b"];
  expect(await look()).toEqual(["b | normal | gone | gone | "]);
  expect(await look()).toEqual([]);
  expect(poller.cursor!.seen.split(";")).toHaveLength(1);
});

test("one whose secret cannot be resolved stops no other, keeps what is known of it, and fails the read", async () => {
  const { statuses, poller, only, url, look } = await bench();
  await look();
  statuses["/b"] = 200;
  const broken = { ...endpointAt(url), target: { id: "a" }, url: new Error("no variable KEY") };
  only([broken, { ...endpointAt(`${url}/b`), target: { id: "b" } }]);
  await expect(look()).rejects.toThrow("no variable KEY");
  expect(poller.emitted.map(({ resource, type }) => `${resource.id} ${type}`)).toEqual(["a up", "b up"]);
});

test("a thousand endpoints are asked, fifty at a time", async () => {
  let busy = 0;
  let most = 0;
  const server = await serve((_, response) => {
    most = Math.max(most, ++busy);
    setImmediate(() => {
      busy--;
      response.end();
    });
  });
  onTestFinished(server.close);
  const endpoints = Array.from({ length: 1_000 }, (_, index) => ({
    ...endpointAt(server.url),
    target: { id: `e${index}` },
  }));
  const poller = createPoller();
  const scope = { probe: { ...CONFIG, timeout: 30_000 }, endpoints: async () => endpoints };
  await poll(http, createCloud(), poller, { now: NOW, floor: FLOOR, every: 1_000, scope });
  expect(poller.emitted).toHaveLength(1_000);
  expect(most).toBeLessThanOrEqual(50);
});

test("of hundreds that hang each is asked in its turn, though no look comes to its end", async () => {
  const asked = new Set<string>();
  let controller = new AbortController();
  let inLook = 0;
  const server = await serve(({ url }) => {
    asked.add(url!);
    if (++inLook === 50) controller.abort(new Error("over"));
  });
  onTestFinished(server.close);
  const endpoints = Array.from({ length: 300 }, (_, nth) => ({
    ...endpointAt(`${server.url}/e${nth}`),
    target: { id: `e${nth}` },
  }));
  const poller = createPoller();
  const scope = { probe: { ...CONFIG, timeout: 60_000 }, endpoints: async () => endpoints };
  for (let look = 0; look < 6; look++) {
    controller = new AbortController();
    inLook = 0;
    const options = { now: NOW + look * MINUTE, every: MINUTE, floor: FLOOR, scope, signal: controller.signal };
    await expect(poll(http, createCloud(), poller, options)).rejects.toThrow();
  }
  expect(asked.size).toBe(300);
});

test("a run that stops asks no more endpoints, and says nothing of them", async () => {
  const controller = new AbortController();
  let asked = 0;
  const server = await serve(() => {
    if (++asked === 3) controller.abort(new Error("stopped"));
  });
  onTestFinished(server.close);
  const endpoints = Array.from({ length: 500 }, (_, nth) => ({ ...endpointAt(server.url), target: { id: `e${nth}` } }));
  const poller = createPoller();
  const scope = { probe: { ...CONFIG, timeout: 60_000 }, endpoints: async () => endpoints };
  const options = { now: NOW, floor: FLOOR, scope, signal: controller.signal };
  await expect(poll(http, createCloud(), poller, options)).rejects.toThrow();
  expect([poller.emitted, poller.commits]).toEqual([[], 0]);
  expect(asked).toBeLessThan(100);
});

describe("what outcomes change", () => {
  const ok = (duration: number, days: number | null = null): Outcome => ({
    status: 200,
    duration,
    error: null,
    message: "HTTP 200",
    days,
  });
  const bad: Outcome = { status: null, duration: 9, error: "reset", message: "reset", days: null };

  function changes(config: Partial<ProbeConfig>, outcomes: Outcome[]): string[] {
    let state: State | undefined;
    return outcomes.map((outcome, minute) => {
      const { next, change } = judge(state, outcome, { ...CONFIG, ...config }, NOW + minute * MINUTE);
      state = next;
      return change
        ? `${change.level} ${change.reason} ${next.slow ? "slow" : ""}${next.expiring ? "expiring" : ""}`.trim()
        : "";
    });
  }

  test("slow once every answer took longer for so long, fast with the first one that did not", () => {
    const slow = { slow: { over: 1_000, for: 2 * MINUTE } };
    const outcomes = [100, 2_000, 2_000, 100, 2_000, 2_000, 2_000, 2_000, 100].map((duration) => ok(duration));
    const none = ["", "", "", "", "", ""];
    expect(changes(slow, outcomes)).toEqual([
      "normal state",
      ...none.slice(1),
      "warning duration slow",
      "",
      "normal duration",
    ]);
    expect(changes({}, outcomes)).toEqual(["normal state", ...none, "", ""]);
  });

  test("what is not looked at any more is said to be over in words of its own", () => {
    const before = { state: "up", failures: 0, slowSince: 1, slow: true, expiring: true } as const;
    const said = (state: State, config: ProbeConfig) => judge(state, ok(30), config, NOW).change?.message;
    expect(said(before, CONFIG)).toBe("is not called slow any more; the last one took 30 ms");
    const slow = { over: 2_000, for: 0 };
    expect(said(before, { ...CONFIG, slow })).toBe("answers within 2 s again; the last one took 30 ms");
    expect(said({ ...before, slow: false }, CONFIG)).toBe("no certificate is shown any more");
  });

  test("what goes down while it is slow is slow no more", () => {
    const slow = { slow: { over: 1_000, for: 0 }, failures: 1 };
    expect(changes(slow, [ok(2_000), bad, ok(100)])).toEqual(["warning state slow", "error state", "normal state"]);
  });

  test("a certificate is said once when it is about to expire, and once when it is renewed", () => {
    expect(changes({}, [ok(9, 60), ok(9, 14), ok(9, 13), ok(9, 12), bad, ok(9, 12), ok(9, 90)])).toEqual([
      "normal state",
      "",
      "warning certificate expiring",
      "",
      "",
      "",
      "normal certificate",
    ]);
  });
});
