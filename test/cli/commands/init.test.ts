// `init` and `simulate --write`: the configurations that they write are valid, and nothing is overwritten unasked.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHANNELS } from "../../../lib/cli/commands/init-text.ts";
import { folderWith, startLookout } from "../../support/cli.ts";
import { lookoutHere } from "../../support/in-process.ts";
import { noTerminal, onTerminal } from "../../support/terminal.ts";

const KEYS = { HW_ACCESS_KEY: "an-access-key", HW_SECRET_KEY: "a-secret-key-that-is-long" };
const PLACE = ["--cloud", "otc", "--region", "eu-de", "--project", "0123456789abcdef0123456789abcdef"];
const ANSWERS = [...PLACE, "--channel", "slack"];

const ADDRESSES: Record<string, string> = {
  slack: "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx",
  teams: "https://prod-00.westeurope.logic.azure.com/workflows/0123456789abcdef/triggers/manual/paths/invoke?sig=abc",
  feishu: "https://open.feishu.cn/open-apis/bot/v2/hook/01234567-89ab-cdef-0123-456789abcdef",
  dingtalk: "https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef",
  wecom: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=01234567-89ab-cdef-0123-456789abcdef",
  discord: "https://discord.com/api/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz",
  pagerduty: "fedcba98765432100123456789abcdef",
};

it.each(Object.keys(CHANNELS))(
  "init writes a configuration with %s that check accepts, with no secret in it",
  async (channel) => {
    const cwd = await folderWith({});
    const { variable } = CHANNELS[channel]!;
    const address = ADDRESSES[channel] ?? "https://alerts.example/a-secret-path";
    const env = { ...KEYS, ...(variable === "" ? {} : { [variable]: address }) };
    const { code, stdout } = await lookoutHere(["init", ...PLACE, "--channel", channel], { cwd, env });
    expect([code, stdout]).toEqual([0, expect.stringContaining("npx lookout check --live")]);
    expect(await lookoutHere(["check"], { cwd, env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("is valid"),
    });
    const text = await readFile(join(cwd, "lookout.yml"), "utf8");
    for (const secret of [...Object.values(KEYS), address]) expect(text + stdout).not.toContain(secret);
    expect(text.match(/#/g)!.length).toBeGreaterThan(5);
  },
);

it("init takes a project by its name, another file, and another variable", async () => {
  const cwd = await folderWith({});
  const args = [
    "--cloud",
    "huaweicloud",
    "--region",
    "cn-north-4",
    "--project",
    "cn-north-4_team",
    "--channel",
    "slack",
    "--address",
    "TEAM_URL",
    "--config",
    "own.yml",
  ];
  expect((await lookoutHere(["init", ...args, "--json"], { cwd })).stdout).toContain('"TEAM_URL"');
  const text = await readFile(join(cwd, "own.yml"), "utf8");
  expect(text).toContain('project: "cn-north-4_team"');
  expect(text).toContain('type: slack, url: "${env:TEAM_URL}"');
});

it.skipIf(noTerminal)(
  `init asks on a terminal, again where an answer cannot be${noTerminal ? ` (${noTerminal})` : ""}`,
  async () => {
    const cwd = await folderWith({});
    const init = onTerminal("init --region eu-nl", { cwd });
    for (const [asked, answer] of [
      ["Which cloud", "aws"],
      ["expected otc or huaweicloud", ""],
      ["Which project", "my-project"],
      ["Where to notify you", "teams"],
      ["Which variable", "TEAM_URL"],
    ] as const) {
      await expect.poll(init.shown, { timeout: 15_000, interval: 20 }).toContain(asked);
      init.type(`${answer}\n`);
    }
    expect(await init.ended).toBe(0);
    const text = await readFile(join(cwd, "lookout.yml"), "utf8");
    for (const part of [
      "cloud: otc",
      "region: eu-nl",
      'project: "my-project"',
      'type: teams, url: "${env:TEAM_URL}"',
    ]) {
      expect(text).toContain(part);
    }
  },
  30_000,
);

describe("init refuses, and writes nothing", () => {
  it.each([
    [
      "what is missing where nobody can be asked",
      [],
      "nobody can be asked here: give --cloud, --region, --project, --channel",
    ],
    ["a cloud that it does not know", [...ANSWERS, "--cloud", "aws"], "--cloud aws: expected otc or huaweicloud"],
    ["a cloud by the name of what every object has", [...ANSWERS, "--cloud", "constructor"], "--cloud constructor"],
    ["a channel that it does not know", [...PLACE, "--channel", "fax"], "--channel fax: expected slack"],
    [
      "a secret in place of a variable's name",
      [...ANSWERS, "--address", "https://a.b"],
      "is a secret, and is not written",
    ],
    ["what could be more than a project", [...ANSWERS, "--project", 'a"\nrules: []'], "--project"],
  ])("%s", async (_, args, message) => {
    const cwd = await folderWith({});
    const { code, stderr } = await lookoutHere(["init", ...args], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    await expect(stat(join(cwd, "lookout.yml"))).rejects.toThrow("ENOENT");
  });

  it("a file that is there, unless it is forced", async () => {
    const cwd = await folderWith({ "lookout.yml": "mine" });
    const refused = await lookoutHere(["init", ...ANSWERS], { cwd });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("lookout.yml is there already; --force"),
    ]);
    expect(await readFile(join(cwd, "lookout.yml"), "utf8")).toBe("mine");
    expect((await lookoutHere(["init", ...ANSWERS, "--force"], { cwd })).code).toBe(0);
    expect(await readFile(join(cwd, "lookout.yml"), "utf8")).toContain("connections:");
  });
});

it("simulate --write writes a configuration that runs as it is, and overwrites nothing", async () => {
  const cwd = await folderWith({ "mine.yml": "mine" });
  const serving = startLookout(["simulate", "--port", "0", "--write", "sim.yml"], { cwd });
  await expect.poll(serving.stdout, { timeout: 15_000, interval: 20 }).toContain("lookout run --config sim.yml");
  expect(await lookoutHere(["check", "--config", "sim.yml"], { cwd })).toMatchObject({ code: 0 });
  expect((await lookoutHere(["run", "--once", "--config", "sim.yml"], { cwd })).stdout).toContain(
    "service-events: 5 targets",
  );
  serving.kill("SIGTERM");
  expect((await serving.finished).code).toBe(0);
  const refused = await lookoutHere(["simulate", "--port", "0", "--write", "mine.yml"], { cwd });
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("mine.yml is there already")]);
}, 60_000);
