// The systemd unit: what it promises, and what systemd itself says of it.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/cli.ts";

const ROOT = join(import.meta.dirname, "../..");
const unit = readFileSync(join(ROOT, "deploy/systemd/lookout.service"), "utf8");
const settings = new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));

const ANALYZE = "/usr/bin/systemd-analyze";
const wanted = "checks of the systemd unit need systemd-analyze: apt-get install systemd";
const isThere = existsSync(ANALYZE);
if (!isThere && process.env["CI"]) throw new Error(wanted);
if (!isThere) console.warn(`Skipped: ${wanted}.`);

describe("the systemd unit", () => {
  it("gives a stop more than the ten seconds that Lookout takes, reloads by SIGHUP, and starts it again for ever", () => {
    expect(Number(settings.get("TimeoutStopSec"))).toBeGreaterThan(10);
    expect(settings.get("ExecReload")).toBe("/bin/kill -HUP $MAINPID");
    expect([settings.get("Restart"), settings.get("StartLimitIntervalSec")]).toEqual(["always", "0"]);
  });

  it("runs the command of a checkout as a user of its own, who can write the state alone", () => {
    expect(settings.get("ExecStart")).toBe("/opt/lookout/node_modules/.bin/node /opt/lookout/bin/lookout.js run");
    expect([settings.get("DynamicUser"), settings.get("ProtectSystem")]).toEqual(["yes", "strict"]);
    expect([settings.get("StateDirectory"), settings.get("StateDirectoryMode")]).toEqual(["lookout", "0700"]);
    expect(unit).not.toContain("ReadWritePaths");
  });

  it("has other commands run as its user, with its variables, over its state", () => {
    const docs = readFileSync(join(ROOT, "docs/deploying.md"), "utf8");
    const command = /^systemd-run .*?(?<!\\)$/ms.exec(docs)![0].replaceAll("\\\n", " ");
    const given = [...command.matchAll(/ (?:-p (\S+)|-E (\S+))/g)].map(
      ([, own, variable]) => own ?? `Environment=${variable}`,
    );
    for (const one of given) expect(unit).toContain(`\n${one}\n`);
    // Without its mode the state would be opened to others.
    for (const name of ["DynamicUser", "User", "StateDirectory", "StateDirectoryMode", "UMask", "EnvironmentFile"]) {
      expect(given).toContain(`${name}=${settings.get(name)}`);
    }
    expect(command).toContain(settings.get("ExecStart")!.replace(/run$/, "status"));
  });

  it("leaves V8 its compiler, which writes code into memory", () => {
    expect(settings.has("MemoryDenyWriteExecute")).toBe(false);
  });

  it.skipIf(!isThere)("is one that systemd takes without a word, and finds closed off", async () => {
    const here = unit.replace("/opt/lookout/node_modules/.bin/node", process.execPath);
    const file = join(await folderWith({ "lookout.service": here }), "lookout.service");
    const { status, stdout, stderr } = spawnSync(ANALYZE, ["verify", file], { encoding: "utf8" });
    expect({ status, output: `${stdout}${stderr}` }).toEqual({ status: 0, output: "" });
    // Of 10; above 2.0 it fails.
    execFileSync(ANALYZE, ["security", "--offline=true", "--threshold=20", file]);
  });
});
