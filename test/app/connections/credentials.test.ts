// Credentials across processes: tokens are kept encrypted, wrong ones are never hammered, whoever
// starts at the same time.
import { join } from "node:path";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { createGate } from "../../../lib/app/connections/credentials.ts";
import { createTokenStore } from "../../../lib/app/connections/tokens.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { CloudError } from "../../../lib/sources/cloud/client.ts";
import type { CredentialAttempt } from "../../../lib/sources/cloud/gate.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { folderWith } from "../../support/cli.ts";
import { type Bench, bench } from "../support.ts";

const LOGIN = '{ username: "${env:USER}", password: "${env:PASSWORD}", domain: "${env:DOMAIN}" }';
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function world() {
  let now = Date.parse("2026-11-20T10:00:00Z");
  const clock = {
    now: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  const store = openSqliteStore({ path: join(await folderWith({}), "state.db"), now: clock.now });
  onTestFinished(() => store.close());
  const gate = (by: string, fingerprint = "abc") => {
    const identity = { id: by, isGone: (id: string) => id === "dead" };
    return createGate({ store, clock, identity }, "prod", fingerprint, async () => false);
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { store, clock, gate, pass };
}

const refusal = new CloudError("credentials", "401: The AK/SK is wrong");
const isPaused = { name: "CloudError", kind: "paused" };

/** Tells of a refusal, which may be the one that makes the connection rest. */
async function refuse(attempt: CredentialAttempt): Promise<void> {
  await attempt.refused(refusal).catch((error) => expect(error).toMatchObject(isPaused));
}

describe("unproven credentials", () => {
  it("are tried by one at a time, whatever the number of processes, and rest after two refusals", async () => {
    const { gate } = await world();
    let under = 0;
    let most = 0;
    let tried = 0;
    async function start(by: string): Promise<string> {
      const door = gate(by);
      const outcomes: string[] = [];
      for (let request = 0; request < 3; request++) {
        const attempt = await door.begin().catch((error) => {
          expect(error).toMatchObject(isPaused);
          return undefined;
        });
        if (attempt === undefined) {
          outcomes.push("paused");
          continue;
        }
        tried++;
        most = Math.max(most, ++under);
        await Promise.resolve();
        under--;
        await refuse(attempt);
        outcomes.push("refused");
      }
      return outcomes.join();
    }
    const outcomes = await Promise.all(["a", "b", "c", "d", "e"].map(start));
    expect({ most, tried }).toEqual({ most: 1, tried: 2 });
    expect(outcomes.join().match(/paused/g)).toHaveLength(13);
  });

  it("rest 10 minutes, then twice as long each time, up to 6 hours", async () => {
    const { gate, clock, pass } = await world();
    const rests: number[] = [];
    const door = gate("a");
    for (let round = 0; round < 9; round++) {
      for (;;) {
        const paused = await door.begin().then(refuse, (error) => error.retryAt as number);
        if (paused === undefined) continue;
        rests.push((paused - clock.now()) / 60_000);
        pass(paused - clock.now());
        break;
      }
    }
    expect(rests).toEqual([10, 20, 40, 80, 160, 320, 360, 360, 360]);
  });

  it("let everyone in at once when the first try proves them", async () => {
    const { gate } = await world();
    const first = gate("a");
    const attempt = await first.begin();
    const waiting = Promise.all(["b", "c"].map((by) => gate(by).begin()));
    await attempt.accepted();
    await waiting;
    await Promise.all([first.begin(), first.begin()]);
  });

  it("start anew where they were changed, and where the one that tried them is gone", async () => {
    const { gate } = await world();
    const door = gate("a");
    for (let tries = 0; tries < 2; tries++) {
      await refuse(await door.begin());
    }
    await expect(door.begin()).rejects.toMatchObject(isPaused);
    const changed = gate("dead", "def");
    await changed.begin();
    await gate("b", "def").begin();
  });
});

describe("proven credentials that turn bad", () => {
  it("are tried alone after a while without an answer, so that no crowd runs into the refusal", async () => {
    const { gate, pass } = await world();
    const door = gate("a");
    await (await door.begin()).accepted();
    pass(60_000);
    let tried = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, async () => {
        const attempt = await door.begin();
        tried++;
        await refuse(attempt);
      }),
    );
    expect(tried).toBe(2);
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(14);
  });

  it("do not rest for one target's refusals while others are let in", async () => {
    const { gate, pass } = await world();
    const door = gate("a");
    for (let round = 0; round < 5; round++) {
      for (const verdict of ["refused", "accepted", "accepted"] as const) {
        const attempt = await door.begin();
        if (verdict === "refused") await refuse(attempt);
        else await attempt.accepted();
      }
      pass(60_000);
    }
    await door.begin();
  });

  it("are not proven by an answer to what was asked before they were refused", async () => {
    const { gate } = await world();
    const door = gate("a");
    await (await door.begin()).accepted();
    const [early, bad] = await Promise.all([door.begin(), door.begin()]);
    await refuse(bad);
    await early.accepted();
    let admitted = 0;
    const crowd = Promise.allSettled(
      Array.from({ length: 8 }, async () => {
        const attempt = await door.begin();
        admitted++;
        await refuse(attempt);
      }),
    );
    await crowd;
    expect(admitted).toBe(2);
  });
});

describe("tokens", () => {
  it("are kept between processes, unreadable without the password", async () => {
    const { store, clock } = await world();
    const token = { value: "a-very-secret-token", renewAt: clock.now() + 3_600_000 };
    await createTokenStore(store, "prod", "the password", log).save(token);
    expect(await createTokenStore(store, "prod", "the password", log).load()).toEqual(token);
    expect(await createTokenStore(store, "prod", "another password", log).load()).toBeUndefined();
    expect(JSON.stringify(await store.list("token"))).not.toContain("a-very-secret-token");
  });

  it("are asked for once over several runs with a password", async () => {
    const yaml = `
rules: [{ id: broken, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
    const b = await bench({ yaml, auth: LOGIN });
    for (let run = 1; run <= 3; run++) {
      b.to(run);
      expect((await b.round()).polls[0]!.failing).toEqual({});
      await b.reload(yaml);
    }
    expect(b.sim.requests.tokens).toBe(1);
    expect(await readStatus(b.app)).toMatchObject({ healthy: true, connections: [{ state: "proven" }] });
  });
});

it("an API that refuses each new token makes the connection rest, as refused keys do", async () => {
  const b = await bench({
    yaml: `
rules: [{ id: broken, when: { level: [error] }, severity: error }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`,
    services: Array.from({ length: 20 }, (_, at) => `svc-${at}`),
    auth: LOGIN,
  });
  b.sim.setFaults([{ kind: "status", status: 401, on: "service-events" }]);
  await b.rounds(5);
  expect(b.sim.requests.tokens).toBeLessThanOrEqual(4);
  // Each target is asked for with the first token, one after the other; then two refusals are enough.
  expect(b.sim.requests["service-events"]).toBeLessThanOrEqual(24);
  expect((await readStatus(b.app)).connections).toMatchObject([{ name: "prod", pausedUntil: expect.any(String) }]);
});

it("an IAM whose tokens have expired is asked once a round, and in status", async () => {
  const b = await bench({
    yaml: `
rules: [{ id: broken, when: { level: [error] }, severity: error }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`,
    services: Array.from({ length: 40 }, (_, at) => `svc-${at}`),
    auth: LOGIN,
  });
  const answer = (body: unknown) => ({
    token: { ...(body as { token: object }).token, expires_at: "2020-01-01T00:00:00Z" },
  });
  b.sim.setFaults([{ kind: "instead", on: "tokens", answer }]);
  for (let at = 1; at <= 4; at++) {
    b.to(at);
    await b.beat();
    expect(b.sim.requests.tokens).toBeLessThanOrEqual(at);
  }
  b.to(20);
  await b.beat();
  const { healthy, problems } = await readStatus(b.app);
  expect({ healthy, problems }).toMatchObject({ healthy: false, problems: [{ problem: "connection failing" }] });
  expect(problems[0]!.message).toContain("IAM issued a token that had expired when it was issued");
  b.sim.setFaults([]);
  b.to(40);
  await b.beat();
  expect(await readStatus(b.app)).toMatchObject({ healthy: true });
});

describe("a resource that is refused although the credentials are good", () => {
  const services = Array.from({ length: 6 }, (_, at) => `svc-${at}`);
  const EVENTS = `{ kind: service-events, targets: ${JSON.stringify(services)} }`;
  const UPDATES = "{ kind: service-updates, targets: [svc-0, svc-1] }";
  const rest = `
rules: [{ id: broken, when: { level: [error] }, severity: error }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
  const refusing = (...ids: string[]) =>
    ids.map((id) => ({ kind: "status" as const, status: 401, url: new RegExp(id) }));

  /** Targets that each source could not read, in each of ten rounds; every `step` minutes. */
  async function rounds(b: Bench, { step, cold }: { step: number; cold: boolean }): Promise<string[]> {
    const failing = new Set<string>();
    for (let at = 1; at <= 10; at++) {
      b.to(at * step);
      const app = cold ? await b.beside() : b.app;
      const reports = await Promise.all(
        app.config.sources.map((source) => pollSource(app, source, new AbortController().signal)),
      );
      for (const report of reports) for (const id of Object.keys(report.failing)) failing.add(`${report.source} ${id}`);
    }
    return [...failing].toSorted();
  }

  test.each<[string, { sources: string[]; bad?: string[]; step?: number; cold?: boolean; auth?: string }]>([
    ["by one source, every minute", { sources: [EVENTS] }],
    ["by one source, every five seconds", { sources: [EVENTS], step: 1 / 12 }],
    ["by one source that is run by another process each time", { sources: [EVENTS], step: 5, cold: true }],
    ["by two sources", { sources: [EVENTS, UPDATES] }],
    ["by two sources, every five seconds", { sources: [EVENTS, UPDATES], step: 1 / 12 }],
    [
      "by two sources, and by the second alone",
      { sources: ["{ kind: service-updates, targets: [svc-0] }", EVENTS], step: 5 },
    ],
    [
      "by two sources that are run by another process each time",
      { sources: ["{ kind: service-updates, targets: [svc-0] }", EVENTS], step: 5, cold: true },
    ],
    ["the last of its source", { sources: [EVENTS], bad: ["svc-5"], step: 5 }],
    ["that is asked for with a token of a login", { sources: [EVENTS], auth: LOGIN }],
  ])("makes nobody else wait: %s", async (_, { sources, bad = ["svc-0"], step = 1, cold = false, auth }) => {
    const yaml = `\nsources:\n${sources.map((source) => `  - ${source}\n`).join("")}${rest}`;
    const b = await bench({ services, yaml, ...(auth !== undefined && { auth }) });
    b.sim.setFaults(refusing(...bad));
    const failing = await rounds(b, { step, cold });
    expect(failing.filter((one) => !bad.some((id) => one.endsWith(id)))).toEqual([]);
    expect(failing).not.toEqual([]);
    expect((await readStatus(b.app)).connections).toMatchObject([{ pausedUntil: null }]);
  });

  it("makes nobody else wait for long where there are several", async () => {
    const b = await bench({ services, yaml: `\nsources:\n  - ${EVENTS}\n${rest}` });
    const bad = ["svc-1", "svc-3", "svc-5"];
    b.sim.setFaults(refusing(...bad));
    // Two of them in a row are as wrong credentials are; a pause or two later the others go first.
    await b.beats(35);
    for (let at = 36; at <= 50; at++) {
      b.to(at);
      const { polls } = await b.round();
      expect(Object.keys(polls[0]!.failing).toSorted()).toEqual(bad);
    }
    expect((await readStatus(b.app)).connections).toMatchObject([{ pausedUntil: null }]);
  });

  test.each<[string, { ids: string[]; sources: string[]; most: number }]>([
    ["six resources", { ids: services, sources: [EVENTS], most: 2 }],
    ["six resources, by two sources", { ids: services, sources: [EVENTS, UPDATES], most: 2 }],
    ["one resource", { ids: ["svc-0"], sources: ["{ kind: service-events, targets: [svc-0] }"], most: 2 }],
    [
      "one resource, by two sources",
      {
        ids: ["svc-0"],
        sources: ["{ kind: service-events, targets: [svc-0] }", "{ kind: service-updates, targets: [svc-0] }"],
        most: 2,
      },
    ],
  ])("is none where the credentials are wrong, which rests the connection after two refusals: %s", async (_, given) => {
    const yaml = `\nsources:\n${given.sources.map((source) => `  - ${source}\n`).join("")}${rest}`;
    const b = await bench({ services: given.ids, yaml, env: { HW_SECRET_KEY: "a-wrong-secret" } });
    await b.beat();
    await b.beats(2);
    expect(b.sim.refusals).toBe(given.most);
    expect((await readStatus(b.app)).connections).toMatchObject([{ state: "paused" }]);
    // Then one after each pause: of 10, 20 and 40 minutes.
    await b.beats(75);
    expect(b.sim.refusals).toBe(given.most + 3);
  });
});
