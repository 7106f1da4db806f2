// A configuration that comes from elsewhere: from S3 and SSM as moto speaks them, and from a place that says what it
// is told to.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Configured, openConfigured, packagedConfig } from "../../../lib/aws/configuration/configured.ts";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import type { Store } from "../../../lib/store/port.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { readConfig } from "../../../scripts/bundle.ts";
import { folderWith } from "../../support/cli.ts";
import { startMoto } from "../../support/moto.ts";

const REGION = "eu-central-1";
const BUCKET = "team-config";
const UNVERSIONED = "team-config-unversioned";

function config(rule: string): string {
  return `
connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, auth: { token: "\${ssm:/t}" } } }
sources: [{ kind: training-events }]
rules: [{ id: ${rule}, when: { level: [error] } }, { include: modelarts/training }]
channels: { log: { type: console } }
`;
}

const moto = await startMoto();
afterAll(() => moto?.stop());

describe.skipIf(moto === null)("a configuration at", () => {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const s3 = new S3Client({ endpoint: moto?.endpoint ?? "", region: REGION, credentials, forcePathStyle: true });
  const ssm = new SSMClient({ endpoint: moto?.endpoint ?? "", region: REGION, credentials });
  beforeAll(async () => {
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    for (const Bucket of [BUCKET, UNVERSIONED]) {
      await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    }
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  });

  const places: [string, string, (text: string) => Promise<unknown>, () => Promise<unknown>][] = [
    ...[BUCKET, UNVERSIONED].map((Bucket): (typeof places)[number] => {
      const at = { Bucket, Key: "prod.yml" };
      return [
        Bucket === BUCKET ? "S3" : "S3 without versions",
        `s3://${Bucket}/prod.yml`,
        (Body) => s3.send(new PutObjectCommand({ ...at, Body })),
        () => s3.send(new DeleteObjectCommand(at)),
      ];
    }),
    [
      "SSM",
      "ssm:/lookout/config",
      (text) =>
        ssm.send(new PutParameterCommand({ Name: "/lookout/config", Value: text, Type: "String", Overwrite: true })),
      () => ssm.send(new DeleteParameterCommand({ Name: "/lookout/config" })),
    ],
  ];

  describe.each(places)("%s", (_, place, put, remove) => {
    let store: Store;
    let isThrottled = false;
    let now = Date.now();
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "lookout-configured-"));
      symlinkSync(join(import.meta.dirname, "../../../rules"), join(folder, "packs"));
      const opened = openSqliteStore({ path: join(folder, "state.db"), now: () => now });
      store = {
        ...opened,
        async commit(ops) {
          if (isThrottled) throw new Error("throttled");
          await opened.commit(ops);
        },
      };
    });
    afterAll(async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    });

    /** As a container does when it starts. */
    async function start(): Promise<Configured & { logged: string[] }> {
      vi.stubEnv("AWS_ENDPOINT_URL", moto!.endpoint);
      for (const [name, value] of Object.entries({ ACCESS_KEY_ID: "test", SECRET_ACCESS_KEY: "test", REGION })) {
        vi.stubEnv(`AWS_${name}`, value);
      }
      onTestFinished(() => void vi.unstubAllEnvs());
      const path = join(folder, "lookout.json");
      writeFileSync(join(folder, "packaged.yml"), config("packaged"));
      writeFileSync(path, JSON.stringify(await readConfig(join(folder, "packaged.yml"), {})));
      const clock = { now: () => now, sleep: async () => {} };
      const packaged = { ...(await packagedConfig({ LOOKOUT_CONFIG: path }, clock)), stamp: 1 };
      const logged: string[] = [];
      const say = (message: string) => void logged.push(message);
      const log = { debug: say, info: say, warn: say, error: say };
      const options = { store, env: { LOOKOUT_CONFIG: place }, clock, redactor: createRedactor(), log };
      return { ...(await openConfigured(packaged, options)), logged };
    }
    const later = () => {
      now += 60_000;
    };
    const ruleOf = ({ running }: Configured) => running.config.rules[0]!.id;
    async function state(): Promise<string> {
      const rows: string[] = [];
      for await (const some of store.all()) rows.push(JSON.stringify(some));
      return rows.join("");
    }

    test("is run by a container that starts, as new as it is there", async () => {
      await put(config("first"));
      const one = await start();
      expect(ruleOf(one)).toBe("first");
      expect(one.running.stamp).toBeGreaterThan(Date.now() - 3_600_000);
      expect(one.problems()).toEqual([]);
      // Its packs are those of the package.
      expect(one.running.config.rules.length).toBeGreaterThan(2);
    });

    test("is found again a minute later where the table could not take it over", async () => {
      const one = await start();
      await put(config("throttled"));
      later();
      isThrottled = true;
      expect(await one.renew()).toBe(false);
      isThrottled = false;
      later();
      expect(await one.renew()).toBe(true);
      expect(ruleOf(await start())).toBe("throttled");
    });

    test("is asked for a minute later, and changes nothing where it has not changed", async () => {
      const one = await start();
      await put(config("second"));
      expect(await one.renew()).toBe(false);
      later();
      expect(await one.renew()).toBe(true);
      const other = await start();
      expect(ruleOf(other)).toBe("second");
      later();
      expect(await other.renew()).toBe(false);
    });

    test("is refused where it is invalid, with file and line, and the old one runs on", async () => {
      const one = await start();
      await put(config("third").replace("channels:", "chanels:"));
      later();
      expect(await one.renew()).toBe(false);
      expect(one.logged).toContain("configuration refused; the old one runs on");
      const message = expect.stringContaining(`${place}:5:1: unknown key "chanels"; did you mean "channels"?`);
      expect(one.problems()).toEqual([{ problem: "configuration refused", name: place, message, connection: null }]);
    });

    test("that is invalid is not run by a container that starts: that runs the last valid one", async () => {
      const one = await start();
      expect(ruleOf(one)).toBe("second");
      expect(one.problems()).toHaveLength(1);
    });

    test("is run again once it is mended, and nothing is wrong any more", async () => {
      const one = await start();
      await put(config("fourth"));
      later();
      expect(await one.renew()).toBe(true);
      const other = await start();
      expect([ruleOf(other), other.problems()]).toEqual(["fourth", []]);
    });

    test("has its text in the state only where its place keeps no versions", async () => {
      await start();
      expect((await state()).includes("fourth")).toBe(place.includes(UNVERSIONED));
    });

    test.skipIf(place.startsWith("ssm:"))(
      "that is gone is named, and the last valid one runs from the start",
      async () => {
        const before = await start();
        await remove();
        const one = await start();
        expect([ruleOf(one), one.running.stamp]).toEqual(["fourth", before.running.stamp]);
        const message = expect.stringContaining(`The configuration ${place} cannot be read: `);
        expect(one.problems()).toEqual([{ problem: "configuration refused", name: place, message, connection: null }]);
        await put(config("fifth"));
        later();
        expect(await one.renew()).toBe(true);
        expect(ruleOf(await start())).toBe("fifth");
      },
    );

    test("is not kept where it has a secret in clear text", async () => {
      await put(config("sixth").replace("${ssm:/t}", "in-clear-text"));
      expect(ruleOf(await start())).toBe("sixth");
      expect(await state()).not.toContain("in-clear-text");
    });

    test("is not kept where an address that is checked has a password", async () => {
      const checks =
        "[{ kind: training-events }, { kind: http, targets: [{ id: a, url: 'https://u:in-clear-text@localhost' }] }]";
      await put(config("seventh").replace("[{ kind: training-events }]", checks));
      expect(ruleOf(await start())).toBe("seventh");
      expect(await state()).not.toContain("in-clear-text");
    });

    test("is kept without its comments", async () => {
      await put(`${config("eighth")}# in-clear-text`);
      expect(ruleOf(await start())).toBe("eighth");
      const rows = await state();
      expect([rows.includes("eighth"), rows.includes("in-clear-text")]).toEqual([place.includes(UNVERSIONED), false]);
    });
  });

  test("a place that cannot be read is named, and no other configuration runs in its stead", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", moto!.endpoint);
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
    vi.stubEnv("AWS_REGION", REGION);
    onTestFinished(() => void vi.unstubAllEnvs());
    const folder = await folderWith({ "lookout.yml": config("packaged") });
    const clock = { now: Date.now, sleep: async () => {} };
    const store = openSqliteStore({ path: join(folder, "state.db"), now: clock.now });
    onTestFinished(() => store.close());
    const silent = () => {};
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    const packaged = { path: "", config: await readConfig(join(folder, "lookout.yml"), {}), stamp: 1 };
    const env = { LOOKOUT_CONFIG: "ssm:/lookout/none" };
    const opening = openConfigured(packaged, { store, env, clock, redactor: createRedactor(), log });
    await expect(opening).rejects.toThrow("ssm:/lookout/none could not be read: ParameterNotFound");
  });
});
