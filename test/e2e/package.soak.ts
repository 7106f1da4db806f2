// The package as somebody installs it: packed, unpacked into a project of its own, used from
// JavaScript and as a command.
import { execFile } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith } from "../support/cli.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");

describe("the published package", () => {
  let tree: string;
  let folder: string;
  afterAll(() => Promise.all([tree, folder].map((path) => rm(path, { recursive: true, force: true }))));
  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), "lookout-package-"));
    // A copy, since packing writes a package.json and dist into the tree it packs.
    await run("sh", ["-c", `git ls-files -co --exclude-standard | tar cf - -T - | tar xf - -C "${tree}"`], {
      cwd: ROOT,
    });
    await symlink(join(ROOT, "node_modules"), join(tree, "node_modules"));
    const { stdout } = await run("npm", ["pack", "--silent"], { cwd: tree });
    // A folder that has nothing above it: what is not installed is not found.
    folder = await mkdtemp(join(tmpdir(), "lookout-installed-"));
    await mkdir(join(folder, "node_modules/@lookout-alerts"), { recursive: true });
    await run("tar", ["xzf", join(tree, stdout.trim().split("\n").at(-1)!), "-C", folder]);
    await run("mv", [join(folder, "package"), join(folder, "node_modules/@lookout-alerts/lookout")]);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    for (const name of await installedBeside()) {
      await symlink(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    }
  }, 120_000);

  /** What npm installs with it. */
  async function installedBeside(): Promise<string[]> {
    const text = await readFile(join(folder, "node_modules/@lookout-alerts/lookout/package.json"), "utf8");
    return Object.keys(JSON.parse(text).dependencies);
  }

  it("installs in under 60 MB, without a package that brings further ones", async () => {
    const { packages } = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
    const beside = await installedBeside();
    for (const name of beside) expect(packages[`node_modules/${name}`].dependencies, name).toBeUndefined();
    const { stdout } = await run("du", [
      "-skcL",
      ...["@lookout-alerts", ...beside].map((name) => join(folder, "node_modules", name)),
    ]);
    expect(Number(/^(\d+)\ttotal$/m.exec(stdout)![1])).toBeLessThan(60_000);
  });

  it("brings every rule pack as it was read and checked", () => {
    const packed = join(folder, "node_modules/@lookout-alerts/lookout");
    const packs = globSync("**/*.yml", { cwd: join(packed, "rules") }).map((name) => name.replace(/yml$/, "json"));
    expect(packs).toContain("modelarts/services.json");
    expect(globSync("**/*.json", { cwd: join(packed, "dist/packs") }).sort()).toEqual(packs.sort());
  });

  it("brings what stores and channels on AWS need", async () => {
    const text = await readFile(join(ROOT, "lookout.example.yml"), "utf8");
    const cwd = await folderWith({ "lookout.yml": `${text}\nstore: { type: dynamodb, table: lookout }\n` });
    const bin = join(folder, "node_modules/@lookout-alerts/lookout/bin/lookout.js");
    const aws = {
      AWS_REGION: "eu-central-1",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      AWS_MAX_ATTEMPTS: "1",
    };
    const secrets = {
      HW_ACCESS_KEY: "a-key",
      HW_SECRET_KEY: "a-secret",
      CHAT_URL: "https://hooks.slack.com/services/T/B/x",
    };
    const env = { ...process.env, ...aws, ...secrets, AWS_ENDPOINT_URL: "http://127.0.0.1:9" };
    const failed = await run(process.execPath, [bin, "status"], { cwd, env }).catch((error) => error);
    expect(failed.stderr).toContain("ECONNREFUSED");
  });

  it("brings what mail needs", async () => {
    const text = await readFile(join(ROOT, "lookout.example.yml"), "utf8");
    const mail = 'mail: { type: smtp, url: "smtp://127.0.0.1:9", from: a@example.com, to: [b@example.com] }';
    const cwd = await folderWith({ "lookout.yml": text.replace(/^channels:\n/m, `channels:\n  ${mail}\n`) });
    const bin = join(folder, "node_modules/@lookout-alerts/lookout/bin/lookout.js");
    const env = { ...process.env, HW_ACCESS_KEY: "a-key", HW_SECRET_KEY: "a-secret", CHAT_URL: "https://chat.example" };
    const ended = await run(process.execPath, [bin, "send-test", "mail"], { cwd, env }).catch((error) => error);
    expect(ended.stdout).toContain("127.0.0.1:9 refused the connection (ECONNREFUSED)");
  });

  it("is JavaScript with types, and exports what the contract names", async () => {
    const script =
      'import * as lookout from "@lookout-alerts/lookout"; console.log(Object.keys(lookout).sort().join());';
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
    const names =
      "InvalidPatternError,TimeIntervalError,WebhookVerificationError,compileTimeInterval,createMatcher,verifyWebhook";
    expect(stdout.trim()).toBe(names);
    await writeFile(
      join(folder, "use.ts"),
      'import { createMatcher, type Event } from "@lookout-alerts/lookout";\nconst ids: string[] = createMatcher([]).match({} as Event);\nexport { ids };\n',
    );
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024", "--ignoreConfig"];
    const checked = await run(join(ROOT, "node_modules/.bin/tsc"), [...options, "use.ts"], { cwd: folder }).catch(
      (error) => error,
    );
    expect(checked.stdout).toBe("");
  });

  it("brings the console with its style and script", async () => {
    const at = join(folder, "node_modules/@lookout-alerts/lookout");
    const chunks = join(at, "dist/chunks");
    const { stdout } = await run("grep", ["-rlF", "./assets/${name}", chunks]);
    expect(dirname(stdout.trim())).toBe(chunks);
    for (const name of ["live.js", "style.css"]) expect(existsSync(join(chunks, "assets", name)), name).toBe(true);
  });

  it("starts a command from few files, and without what compiles templates and expressions", async () => {
    const at = join(folder, "node_modules/@lookout-alerts/lookout");
    const cwd = await folderWith({ "lookout.yml": await readFile(join(ROOT, "lookout.example.yml"), "utf8") });
    const watch = `import { registerHooks } from "node:module";
      registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) });`;
    const options = ["--import", `data:text/javascript,${encodeURIComponent(watch)}`, join(at, "bin/lookout.js")];
    const env = { ...process.env, HW_ACCESS_KEY: "a-key", HW_SECRET_KEY: "a-secret", CHAT_URL: "https://chat.example" };
    // Nothing was polled yet, so it ends with 1.
    const ended = await run(process.execPath, [...options, "status"], { cwd, env }).catch((error) => error);
    expect(ended.stdout).toContain("Nothing was polled yet");
    const loaded = (ended.stderr as string).split("\n").filter((line) => line.startsWith("file:"));
    expect(loaded.length).toBeLessThan(36);
    expect(loaded.filter((url) => url.includes("/dist/apart/"))).toEqual([]);
  });

  it("brings its command and its rule packs", async () => {
    const cwd = await folderWith({});
    const bin = join(folder, "node_modules/@lookout-alerts/lookout/bin/lookout.js");
    const example = join(folder, "node_modules/@lookout-alerts/lookout/lookout.example.yml");
    const env = {
      ...process.env,
      HW_ACCESS_KEY: "a-key",
      HW_SECRET_KEY: "a-secret",
      CHAT_URL: "https://hooks.slack.com/services/T/B/x",
    };
    const { stdout } = await run(process.execPath, [bin, "check", "--config", example], { cwd, env });
    expect(stdout).toContain("is valid");
  });
});
