// Every command of the README, run as it is written there, in its order, by a shell in a checkout of its
// own. Stand-ins are the simulated cloud for the cloud, a local receiver for the chat; a command that is
// not in this table fails the test.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { SOURCE_KINDS } from "../../lib/model/source-kinds.ts";
import { type Receiver, startReceiver } from "../../lib/simulator/receiver.ts";
import { type Simulator, startSimulator } from "../../lib/simulator/server.ts";
import { ROOT, readPage } from "./markdown.ts";

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const readme = readPage("README.md");
const commands = readme.fences
  .filter(({ language }) => language === "sh")
  .flatMap(({ code }) => code.split("\n").filter((line) => line.trim() !== ""));

/**
 * From its second use on, `npx lookout` is the command that the first one has found: npm takes a second to look through
 * all that is installed, and finds the same.
 */
const NPX = `npx() { shift; "${process.execPath}" bin/lookout.js "$@"; }\n`;
/** What a shell runs before the command. */
let begin = "";

let folder: string;
let simulator: Simulator;
let receiver: Receiver;
let env: Record<string, string>;
const messages: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lookout-readme-"));
  const examples = ["lookout.example.yml", "lookout.example.test.yml"];
  for (const name of ["bin", "lib", "rules", "node_modules", "package.json", ...examples])
    await symlink(join(ROOT, name), join(folder, name));
  simulator = await startSimulator({ clock: wallClock, speed: 60 });
  receiver = await startReceiver((_type, body) => void messages.push(body));
  env = freshShell();
});
afterAll(async () => {
  await Promise.all([simulator.close(), receiver.close()]);
  await rm(folder, { recursive: true, force: true });
});

/** In the README's order: the command, and what shows that it does what is said there. */
const TABLE: [command: string, shows: (command: string) => Promise<void>][] = [
  ["npm ci && npm start", showsTheDemonstration],
  ["npm ci && npm test", async () => runsInCi("npm ci", "npm test")],
  ["cp lookout.example.yml lookout.yml", setsTheProject],
  ["export HW_ACCESS_KEY=your-access-key HW_SECRET_KEY=your-secret-key", setsVariables],
  ["export CHAT_URL=https://hooks.slack.com/services/your/web/hook", setsVariables],
  [
    "npx lookout check --live",
    async (command) => {
      await prints("ok: lookout.yml is valid", ...SOURCE_KINDS)(command);
      begin = NPX;
    },
  ],
  [
    "npx lookout send-test chat",
    async (command) => {
      await prints("to chat: delivered")(command);
      expect(messages.at(-1)).toContain("TEST:");
    },
  ],
  [
    "npx lookout run",
    async (command) => {
      const before = messages.length;
      const polled = (stderr: string) => stderr.match(/polled source=/g)?.length ?? 0;
      const enough = (_stdout: string, stderr: string) =>
        messages.length > before && polled(stderr) >= SOURCE_KINDS.length;
      const { stderr } = await runUntil(command, enough);
      expect(stderr).toContain("running");
      expect(enough("", stderr), stderr).toBe(true);
    },
  ],
  ["npx lookout status", prints("Lookout is healthy.", "connection prod: proven")],
  ["npx lookout alerts", prints(/^(critical|error|warning) +[0-9a-f]{8} /m)],
  ["npx lookout events --since 1h", prints("training-events", "cloud-eye-events")],
  ["npx lookout deliveries", prints("delivered  chat")],
  [
    "npx lookout simulate",
    async (command) => {
      const { stdout } = await runUntil(`${command} --port 0`, (text) => text.includes("Ctrl-C stops"));
      expect(stdout).toMatch(/^connections:\n {2}simulated:/m);
    },
  ],
  [
    `npx lookout events --json --since 7d | npx lookout match --pattern '{"source":["training-events"],"text":[{"wildcard":"*exit code*"}]}'`,
    prints(/^\{"id":.*"source":"training-events".*exit code/im),
  ],
  [
    "npx lookout check",
    async (command) => {
      await addsTheOwnRule();
      await prints("ok: lookout.yml is valid")(command);
    },
  ],
  ["npx lookout test lookout.example.test.yml", prints("3 tests, 0 failed")],
  [
    "npx lookout backtest --since 7d",
    prints("Backtest of lookout.yml", "training-events", /[1-9]\d* messages? \(chat \d+\)/),
  ],
  [
    "npx lookout schema > lookout.schema.json",
    async (command) => {
      expect(await shell(command)).toMatchObject({ code: 0 });
      const schema = JSON.parse(await readFile(join(folder, "lookout.schema.json"), "utf8"));
      expect(schema.properties).toHaveProperty("connections");
    },
  ],
  ["npx serverless package", async (command) => runsInCi(command)],
];

it("has a line in this table for each command of the README, in its order", () => {
  expect(commands).toEqual(TABLE.map(([command]) => command));
});

describe("the README's commands", () => {
  it.each(TABLE)(
    "%s",
    async (command, shows) => {
      await shows(command);
    },
    30_000,
  );
});

async function showsTheDemonstration(): Promise<void> {
  runsInCi("npm ci");
  const { code, stdout } = await shell("npm start -- --for 6");
  expect(stdout).toMatch(/FIRING .*→ chat \(slack\)/);
  expect(code).toBe(0);
}

/** What takes minutes, or changes the checkout itself, is not run here but by the change's own checks. */
function runsInCi(...lines: string[]): void {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const steps = readFileSync(join(ROOT, ".ci/run"), "utf8").match(/(?<=^step ).+$/gm);
  expect(steps).toEqual(expect.arrayContaining(lines));
  for (const line of lines) {
    const script = /^npm (?:run )?(test|start)$/.exec(line)?.[1];
    if (script !== undefined) expect(scripts).toHaveProperty(script);
  }
}

/** The first of the three values; the example's cloud is the simulated one here, so it gets its endpoints too. */
async function setsTheProject(command: string): Promise<void> {
  expect(await shell(command)).toMatchObject({ code: 0 });
  const { url, credentials } = simulator;
  await editConfig((text) => {
    expect(text.match(/# (\d)\./g)).toEqual(["# 1.", "# 2.", "# 3."]);
    return text
      .replace("https://infer.example.com", url)
      .replace(/projectId: ".*?"/, `projectId: "${credentials.projectId}"`)
      .replace(/^ {4}region: .*$/m, `$&\n    endpoints: { modelarts: "${url}", ces: "${url}", iam: "${url}" }`);
  });
}

/** The second and the third: the variables that the file names. */
async function setsVariables(command: string): Promise<void> {
  const { accessKey, secretKey } = simulator.credentials;
  const values = { HW_ACCESS_KEY: accessKey, HW_SECRET_KEY: secretKey, CHAT_URL: receiver.urlFor("slack") };
  const text = await readFile(join(folder, "lookout.yml"), "utf8");
  for (const [, name = ""] of command.matchAll(/ ([A-Z_]+)=/g)) {
    expect(text).toContain(`\${env:${name}}`);
    env[name] = values[name as keyof typeof values];
  }
}

/** The rule shown in the README, put where it stands there: after the include before it. */
async function addsTheOwnRule(): Promise<void> {
  const [include = "", ...rule] = readme.fences
    .find(({ language }) => language === "yaml")!
    .code.split("\n")
    .slice(1);
  expect(rule.join("\n")).toContain("- id: nccl-errors");
  await editConfig((text) => text.replace(include, () => [include, ...rule].join("\n")));
}

async function editConfig(edit: (text: string) => string): Promise<void> {
  const file = join(folder, "lookout.yml");
  const before = await readFile(file, "utf8");
  const after = edit(before);
  expect(after).not.toBe(before);
  await writeFile(file, after);
}

/** Succeeds, and prints each of these. */
function prints(...texts: (string | RegExp)[]): (command: string) => Promise<void> {
  return async (command) => {
    const { code, stdout, stderr } = await shell(command);
    for (const text of texts) expect(stdout, stderr).toMatch(text);
    expect(code, stderr).toBe(0);
  };
}

/**
 * The variables of a shell outside of npm, whose npm neither asks the network nor leaves anything in the home folder.
 */
function freshShell(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_)/i.test(name));
  const npm = {
    npm_config_cache: join(folder, ".npm"),
    npm_config_offline: "true",
    npm_config_update_notifier: "false",
  };
  return { ...(Object.fromEntries(own) as Record<string, string>), ...npm, NO_COLOR: "1" };
}

function shell(command: string): Promise<Ended> {
  return runUntil(command, () => false);
}

/** Runs it until it ends, or until `enough` says so: then with a Ctrl-C. */
async function runUntil(command: string, enough: (stdout: string, stderr: string) => boolean): Promise<Ended> {
  const child = spawn("sh", ["-c", begin + command], { cwd: folder, env, detached: true });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    ended.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    ended.stderr += text;
  });
  const looking = setInterval(() => enough(ended.stdout, ended.stderr) && signalGroup(child, "SIGINT"), 50);
  const patience = setTimeout(() => signalGroup(child, "SIGKILL"), 25_000);
  ended.code = await new Promise((resolve) => child.on("close", (code) => resolve(code)));
  clearInterval(looking);
  clearTimeout(patience);
  return ended;
}

/** As a terminal does: to the shell and all that it started. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined) process.kill(-pid, signal);
}
