// Credentials that are rotated while a process runs: taken up without a restart, and refused no more often than before.
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import type { PollReport } from "../../../lib/app/polling/poll-shard.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { DEMO_CREDENTIALS } from "../../../lib/simulator/auth.ts";
import { folderWith } from "../../support/cli.ts";
import { type Bench, type BenchOptions, bench } from "../support.ts";

const yaml = `
rules: [{ id: broken, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const { accessKey, secretKey, username, domain } = DEMO_CREDENTIALS;
const DAY = 1440;

interface Files {
  /** Puts the secret's file in place: what it holds from now on, undefined for no file. */
  write(value: string | undefined): Promise<void>;
}

/** A bench whose secret stands in a file; `auth` names it FILE. */
async function withFile(auth: string, value: string, more: Partial<BenchOptions> = {}): Promise<Bench & Files> {
  const path = join(await folderWith({}), "secret");
  await writeFile(path, value);
  const made = await bench({ yaml, auth: auth.replace("FILE", `\${file:${path}}`), ...more });
  return Object.assign(made, {
    write: (next: string | undefined) => (next === undefined ? rm(path) : writeFile(path, next)),
  });
}

const KEYS = `{ accessKey: ${accessKey}, secretKey: "FILE" }`;

function poll(app: App): Promise<PollReport> {
  return pollSource(app, app.config.sources[0]!, new AbortController().signal);
}

async function errors(work: Promise<PollReport>): Promise<string[]> {
  const { failing, discoveryError } = await work;
  return [...Object.values(failing).map(({ error }) => error), ...(discoveryError ? [discoveryError] : [])];
}

describe("in a warm process", () => {
  test.each<[string, string, (value: string) => object, Partial<BenchOptions>]>([
    ["a secret key", KEYS, (secretKey) => ({ secretKey }), {}],
    ["a static token", '{ token: "FILE" }', (token) => ({ token }), {}],
    ["a password", `{ username: ${username}, password: "FILE", domain: ${domain} }`, (password) => ({ password }), {}],
    [
      "a security token",
      `{ accessKey: ${accessKey}, secretKey: ${secretKey}, securityToken: "FILE" }`,
      (securityToken) => ({ securityToken }),
      {},
    ],
    [
      "a password, the project by its name",
      `{ username: ${username}, password: "FILE", domain: ${domain} }`,
      (password) => ({ password }),
      { projectByName: true },
    ],
  ])("%s that was rotated before it is refused is taken up within the poll", async (_, auth, of, more) => {
    const b = await withFile(auth, "the-first-secret", { services: ["svc-1", "svc-2", "svc-3"], ...more });
    b.sim.rotate(of("the-first-secret"));
    expect(await errors(poll(b.app))).toEqual([]);
    b.to(5);
    b.sim.rotate(of("the-second-secret"));
    await b.write("the-second-secret");
    const { tokens } = b.sim.requests;
    expect(await errors(poll(b.app))).toEqual([]);
    // With a password: each target's token, then one login with the old one, one with the new one.
    const withLogin = { refusals: 4, logins: 2 };
    const { refusals, requests } = b.sim;
    expect({ refusals, logins: requests.tokens - tokens }).toEqual(
      auth.includes("password") ? withLogin : { refusals: 1, logins: 0 },
    );
    expect(await readStatus(b.app)).toMatchObject({ healthy: true, connections: [{ state: "proven" }] });
  });

  it("a key that is rotated after it was refused ends the pause at the next poll, in every process", async () => {
    const b = await withFile(KEYS, secretKey, { services: ["svc-1", "svc-2", "svc-3"] });
    const other = await b.beside();
    expect(await errors(poll(b.app))).toEqual([]);
    expect(await errors(poll(other))).toEqual([]);
    b.to(5);
    b.sim.rotate({ secretKey: "the-second-secret" });
    expect((await errors(poll(b.app))).join()).toContain("is paused until");
    expect(b.sim.refusals).toBe(2);
    b.to(6);
    await b.write("the-second-secret");
    expect(await errors(poll(other))).toEqual([]);
    expect(await errors(poll(b.app))).toEqual([]);
    expect(b.sim.refusals).toBe(2);
  });

  it("a file that is missing or empty for a moment fails a poll with a message, and the next one looks again", async () => {
    const b = await withFile(KEYS, secretKey);
    expect(await errors(poll(b.app))).toEqual([]);
    b.sim.rotate({ secretKey: "the-second-secret" });
    for (const [minutes, value, message] of [
      [5, undefined, "there is no such file"],
      [6, "", "is empty"],
      [30, undefined, "there is no such file"],
    ] as const) {
      b.to(minutes);
      await (value === undefined ? b.write(value).catch(() => {}) : b.write(value));
      expect((await errors(poll(b.app))).join()).toContain(message);
    }
    await b.write("the-second-secret");
    b.to(31);
    expect(await errors(poll(b.app))).toEqual([]);
    expect(b.sim.refusals).toBe(1);
  });

  it("a process that starts while the file is missing polls as soon as it is there, however long that took", async () => {
    const b = await withFile(KEYS, secretKey);
    await b.write(undefined);
    for (let at = 1; at <= 30; at++) {
      b.to(at);
      expect((await errors(poll(b.app))).join()).toContain('credentials of connection "prod" cannot be resolved');
    }
    await b.write(secretKey);
    b.to(31);
    expect(await errors(poll(b.app))).toEqual([]);
  });

  it("the old secret stays known to whatever shows text", async () => {
    const b = await withFile(KEYS, secretKey);
    await poll(b.app);
    b.sim.rotate({ secretKey: "the-second-secret" });
    await b.write("the-second-secret");
    b.to(5);
    await poll(b.app);
    expect(b.app.redact(`${secretKey} the-second-secret`)).toBe("[secret] [secret]");
  });

  it("a value from AWS is asked for past the cache, at most once a minute while the connection rests", async () => {
    let asked = 0;
    let value = secretKey;
    const look = async () => {
      asked++;
      return value;
    };
    const aws = { parameter: look, secret: look };
    const b = await bench({ yaml, auth: `{ accessKey: ${accessKey}, secretKey: "\${ssm:/key}" }`, aws });
    expect(await errors(poll(b.app))).toEqual([]);
    b.to(1);
    b.sim.rotate({ secretKey: "the-second-secret" });
    value = "the-second-secret";
    expect(await errors(poll(b.app))).toEqual([]);
    expect(asked).toBe(2);
    b.to(4);
    b.sim.rotate({ secretKey: "the-third-secret" });
    for (let seconds = 0; seconds < 120; seconds += 10) {
      b.to(4 + seconds / 60);
      await poll(b.app);
    }
    expect(asked).toBe(4);
    value = "the-third-secret";
    b.to(6);
    expect(await errors(poll(b.app))).toEqual([]);
  });
});

describe("over a day with two processes", () => {
  /** Both poll every ten minutes. */
  async function day(b: Bench, from: number, until: number, before: (minutes: number) => Promise<void>): Promise<void> {
    const apps = [b.app, await b.beside()];
    for (let at = from; at < until; at += 10) {
      b.to(at);
      await before(at);
      for (const app of apps) await poll(app);
    }
  }
  const nothing = async () => {};

  it("wrong credentials are refused as often as one process is allowed to, and rotated ones work at the next poll", async () => {
    const b = await withFile(KEYS, "a-wrong-secret");
    await day(b, 0, DAY, nothing);
    // Two, then one after each rest: 10, 20, 40, 80, 160, 320, 360 and 360 minutes.
    expect(b.sim.refusals).toBe(10);
    await b.write(secretKey);
    b.to(DAY);
    expect(await errors(poll(b.app))).toEqual([]);
    expect(b.sim.refusals).toBe(10);
  });

  it("wrong ones that take turns go on from where they were refused last", async () => {
    const b = await bench({ yaml });
    await day(b, 0, DAY, async (at) => {
      b.setEnv({ HW_SECRET_KEY: at % 20 === 0 ? "a-wrong-secret" : "another-wrong-secret" });
    });
    expect(b.sim.refusals).toBe(20);
  });

  it("a process that keeps wrong ones rests longer and longer while another works with the right ones", async () => {
    const b = await bench({ yaml, env: { HW_SECRET_KEY: "a-wrong-secret" } });
    const right = await b.beside();
    // What stands in a process's environment does not change.
    const pollWith = async (app: App, key: string) => {
      b.setEnv({ HW_SECRET_KEY: key });
      return errors(poll(app));
    };
    for (let at = 0; at < 120; at += 5) {
      b.to(at);
      await pollWith(b.app, "a-wrong-secret");
      expect(await pollWith(right, secretKey)).toEqual([]);
    }
    // At 0 and 5, then after 10, 20, 40 minutes.
    expect(b.sim.refusals).toBe(5);
  });
});
