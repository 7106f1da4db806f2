// A configuration in AppConfig, which serves two versions at a time while it deploys gradually: containers over the real
// SDK, a scripted server of its data API, and one state.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createApp } from "../../../lib/app/app.ts";
import type { App } from "../../../lib/app/deps.ts";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { GENERATION, type GenerationRow } from "../../../lib/app/persistence/generation.ts";
import { Superseded } from "../../../lib/app/persistence/superseded.ts";
import { type Configured, openConfigured, type Packaged } from "../../../lib/aws/configuration/configured.ts";
import { CONFIGURATION } from "../../../lib/aws/configuration/row.ts";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import { createSecrets } from "../../../lib/config/secrets/secrets.ts";
import type { Store } from "../../../lib/store/port.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { readConfig } from "../../../scripts/bundle.ts";
import { folderWith } from "../../support/cli.ts";
import { type AppConfigServer, startAppConfig } from "./appconfig-server.ts";

const PLACE = "appconfig:abcdefg/hijklmn/opqrstu";
const MINUTE = 60_000;

function config(rule: string): string {
  return `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, auth: { token: "\${ssm:/t}" } } }
sources: [{ kind: training-events }]
rules: [{ id: ${rule}, when: { level: [error] } }]
channels: { log: { type: console } }
`;
}

/** A container of some function: it is called once in each beat. */
interface Container {
  /** The rule of the configuration under which it did its work; `stands by` where it did none. */
  beat(): Promise<string>;
  logged: string[];
}

let appConfig: AppConfigServer;
let packagedPath: string;
let packaged: Packaged;
let home: string;
let store: Store;
let now: number;
const clock = { now: () => now, sleep: async () => {} };

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "lookout-appconfig-"));
  symlinkSync(join(import.meta.dirname, "../../../rules"), join(home, "packs"));
  packagedPath = join(home, "lookout.json");
  writeFileSync(join(home, "packaged.yml"), config("packaged"));
  packaged = { path: packagedPath, config: await readConfig(join(home, "packaged.yml"), {}), stamp: 1 };
});
afterAll(() => rmSync(home, { recursive: true }));
beforeEach(async () => {
  appConfig = await startAppConfig();
  Object.assign(appConfig.versions, {
    v1: config("v1"),
    v2: config("v2"),
    broken: config("x").replace("rules:", "r:"),
  });
  now = Date.parse("2026-11-20T10:00:00Z");
  const folder = await folderWith({});
  const opened = openSqliteStore({ path: join(folder, "state.db"), now: clock.now });
  store = opened;
  for (const [name, value] of Object.entries({ ACCESS_KEY_ID: "test", SECRET_ACCESS_KEY: "test" })) {
    vi.stubEnv(`AWS_${name}`, value);
  }
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ENDPOINT_URL_APPCONFIGDATA", appConfig.url);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await opened.close();
    await appConfig.close();
  });
});

/** Works as lib/aws/runtime.ts and middleware.ts have it: opened once, asked in each beat, anew where superseded. */
function container(): Container {
  const logged: string[] = [];
  const say = (message: string, fields = {}) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log = { debug: say, info: say, warn: say, error: say };
  let opened: { app: App; configured: Configured } | undefined;

  async function open() {
    const redactor = createRedactor();
    // Of a store of its own: units of work of one process wait for each other.
    const own = { ...store };
    const configured = await openConfigured(packaged, {
      store: own,
      env: { LOOKOUT_CONFIG: PLACE },
      clock,
      redactor,
      log,
    });
    const { config, stamp } = configured.running;
    const secrets = { ...createSecrets({ env: {}, baseDir: home, now: clock.now, redactor }), ...redactor };
    const identity = { id: "container", isGone: () => false };
    const bus = { publish: async () => {} };
    const ports = { store: own, clock, random: Math.random, identity, log, bus, secrets, print: async () => {}, stamp };
    const app = createApp(config, ports);
    await reconcileRules(app);
    return { app, configured };
  }
  async function work(): Promise<string> {
    if (await opened?.configured.renew()) opened = undefined;
    opened ??= await open();
    const { app } = opened;
    await app.transact(async (unit) => unit.create({ pk: "work", sk: `${Math.random()}` }, {}));
    return app.config.rules[0]!.id;
  }
  return {
    logged,
    async beat() {
      for (let tries = 0; tries < 2; tries++) {
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof Superseded)) throw error;
          opened = undefined;
        }
      }
      return "stands by";
    },
  };
}

/** A minute passes, and each container is called. */
async function beat(containers: readonly Container[]): Promise<string[]> {
  now += MINUTE;
  const ran: string[] = [];
  for (const one of containers) ran.push(await one.beat());
  return ran;
}

async function generation(): Promise<number> {
  return (await store.get<GenerationRow>(GENERATION))!.data.number;
}

test("is asked for in one session, each time with the token of the answer before", async () => {
  const one = container();
  expect(await one.beat()).toBe("v1");
  for (let minute = 0; minute < 3; minute++) expect(await beat([one])).toEqual(["v1"]);
  expect(appConfig.answers).toEqual(["1 v1", "1 unchanged", "1 unchanged", "1 unchanged"]);
});

test("is asked for in a new session once an answer was lost, with whose token nothing more can be asked", async () => {
  const one = container();
  await one.beat();
  appConfig.loseNext();
  expect(await beat([one])).toEqual(["v1"]);
  expect(one.logged.join("\n")).toContain("configuration refused; the old one runs on");
  expect(await beat([one])).toEqual(["v1"]);
  expect(appConfig.answers.at(-1)).toBe("2 v1");
});

test("is found again where the table could not take it over", async () => {
  let isThrottled = false;
  const { commit } = store;
  store = {
    ...store,
    async commit(ops) {
      if (isThrottled && ops.some(({ sk }) => sk === CONFIGURATION.sk)) throw new Error("throttled");
      await commit(ops);
    },
  };
  const one = container();
  await one.beat();
  appConfig.serve = () => "v2";
  isThrottled = true;
  for (let minute = 0; minute < 5; minute++) expect(await beat([one])).toEqual(["v1"]);
  expect(one.logged.join("\n")).toContain("throttled");
  isThrottled = false;
  expect(await beat([one])).toEqual(["v2"]);
});

describe("a gradual deployment", () => {
  /** Four functions that run v1. */
  async function four(): Promise<Container[]> {
    const all = Array.from({ length: 4 }, container);
    for (const one of all) expect(await one.beat()).toBe("v1");
    return all;
  }
  const times = async (count: number, all: readonly Container[]) => {
    const ran: string[][] = [];
    for (let minute = 0; minute < count; minute++) ran.push(await beat(all));
    return ran;
  };
  const all = (version: string) => Array.from({ length: 4 }, () => version);

  test("that serves two versions to different functions leaves the first one running, until it is served no more", async () => {
    const functions = await four();
    for (const reached of [1, 2, 3]) {
      appConfig.serve = (session) => (session <= reached ? "v2" : "v1");
      expect(await times(4, functions)).toEqual(Array.from({ length: 4 }, () => all("v1")));
    }
    expect(await generation()).toBe(1);
    appConfig.serve = () => "v2";
    const ran = await times(6, functions);
    expect(ran[0]).toEqual(all("v1"));
    expect(ran.at(-1)).toEqual(all("v2"));
    // Each function changes once, and none stands by for a beat.
    expect(ran.flat().filter((version) => version !== "v1" && version !== "v2")).toEqual([]);
    expect(await generation()).toBe(2);
  });

  test("that serves two versions to the same function in turn changes nothing either", async () => {
    const functions = await four();
    let minute = 0;
    appConfig.serve = () => (minute++ % 5 < 3 ? "v2" : "v1");
    const ran = await times(12, functions);
    expect(new Set(ran.flat())).toEqual(new Set(["v1"]));
    expect(await generation()).toBe(1);
    appConfig.serve = () => "v2";
    expect((await times(5, functions)).at(-1)).toEqual(all("v2"));
    expect(await generation()).toBe(2);
  });

  test("that is taken back on its way changes nothing", async () => {
    const functions = await four();
    appConfig.serve = (session) => (session <= 3 ? "v2" : "v1");
    await times(5, functions);
    appConfig.serve = () => "v1";
    expect(new Set((await times(5, functions)).flat())).toEqual(new Set(["v1"]));
    expect(await generation()).toBe(1);
  });

  test("that is taken back when it was over is followed once nobody is served its version any more", async () => {
    const functions = await four();
    appConfig.serve = () => "v2";
    await times(5, functions);
    // One that is behind does not bring the older version back.
    appConfig.serve = (session) => (session === appConfig.sessions ? "v1" : "v2");
    expect(new Set((await times(6, functions)).flat())).toEqual(new Set(["v2"]));
    appConfig.serve = () => "v1";
    const ran = await times(6, functions);
    expect([ran[0], ran.at(-1)]).toEqual([all("v2"), all("v1")]);
    expect(await generation()).toBe(3);
  });

  test("has a container that starts with the later version stand by, until it is served the one that decides", async () => {
    const functions = await four();
    const fresh = container();
    appConfig.serve = (session) => (session <= 4 ? "v1" : "v2");
    expect(await beat([...functions, fresh])).toEqual([...all("v1"), "stands by"]);
    expect(await generation()).toBe(1);
    appConfig.serve = () => "v1";
    expect(await beat([...functions, fresh])).toEqual([...all("v1"), "v1"]);
  });

  test("of a version that is invalid is refused once it would decide, and the one before runs on", async () => {
    const functions = await four();
    appConfig.serve = (session) => (session <= 2 ? "broken" : "v1");
    expect(new Set((await times(4, functions)).flat())).toEqual(new Set(["v1"]));
    appConfig.serve = () => "broken";
    expect(new Set((await times(6, functions)).flat())).toEqual(new Set(["v1"]));
    for (const { logged } of functions) {
      expect(logged.filter((line) => line.startsWith("configuration refused"))).toHaveLength(1);
    }
    // Those that start meanwhile run that one too, though nobody is served it any more.
    const fresh = container();
    expect(new Set((await times(4, [...functions, fresh])).flat())).toEqual(new Set(["v1"]));
    expect(await generation()).toBe(1);
  });
});

test("of two versions that the first containers are served one decides, and it alone", async () => {
  appConfig.serve = (session) => (session === 1 ? "v1" : "v2");
  const functions = [container(), container()];
  const ran = await Promise.all(functions.map((one) => one.beat()));
  for (let minute = 0; minute < 5; minute++) ran.push(...(await beat(functions)));
  expect(ran.filter((version) => version === "stands by").length).toBeLessThanOrEqual(6);
  expect(new Set(ran.filter((version) => version !== "stands by")).size).toBe(1);
  expect(await generation()).toBe(1);
});
