// What a command line names that cannot be read, written or used: it is refused at once, with a reason for people.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandFile } from "../support/built-command.ts";
import { folderWith } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";

const CONFIG = `store: { type: sqlite, path: s.db }
connections: { c: { cloud: otc, region: eu-de, projectId: p } }
sources: [{ kind: training-events, targets: [a] }]
rules: [{ id: r, when: { level: [error] } }]
channels: { chat: { type: console } }
`;
const TEST = "rules: [{ id: r, when: { level: [error] } }]\ntests: []\n";

test.each<[sentence: string, args: string[], said: string]>([
  [
    "a device that never ends",
    ["explain", "--event", "/dev/zero"],
    "--event /dev/zero: expected a regular file of at most 1 MB",
  ],
  [
    "a pipe that nobody writes to",
    ["explain", "--event", "pipe"],
    "--event pipe: expected a regular file of at most 1 MB",
  ],
  [
    "an event of more than 1 MB",
    ["explain", "--event", "large"],
    "--event large: expected a regular file of at most 1 MB",
  ],
  [
    "a pipe for a report",
    ["test", "--junit", "pipe", "a.test.yml"],
    "--junit pipe: expected the path of a regular file",
  ],
  [
    "a device for a report",
    ["test", "--junit", "/dev/null", "a.test.yml"],
    "--junit /dev/null: expected the path of a regular",
  ],
  ["a state without a name", ["status", "--state", ""], '--state "": expected the path of a file'],
  ["a configuration without a name", ["check", "--config", ""], '--config "": expected the path of a file'],
  [
    "a port of a stand-in to which nothing is sent",
    ["receive", "--port", "6000"],
    "--port 6000: nothing is ever sent to",
  ],
  ["an empty id of a delivery", ["deliveries", "drop", ""], "an id is empty"],
  [
    "a silence beyond any calendar",
    ["silence", "add", "rule=r", "--by", "ada", "--duration", "100000000d"],
    "--duration 100000000d: expected a duration such as 30m, 2h or 7d",
  ],
  [
    "a silence from the end of all time on",
    ["silence", "add", "rule=r", "--by", "ada", "--from", "+275760-09-13T00:00:00Z", "--duration", "1d"],
    "--from +275760-09-13T00:00:00Z: expected an instant",
  ],
  [
    "an age beyond any calendar",
    ["deliveries", "--since", "99999999999w"],
    "--since 99999999999w: expected a duration such as 30m, 2h or 7d",
  ],
  [
    "a stretch beyond any calendar",
    ["explain", "--resource", "a", "--since", "99999999999w"],
    "--since 99999999999w: expected a duration such as 30m, 2h or 7d",
  ],
  [
    "a port for the console that there is not",
    ["run", "--console", "127.0.0.1:99999"],
    "--console 127.0.0.1:99999: expected an address and a port up to 65535, such as 127.0.0.1:8791",
  ],
  [
    "a port for the console without an address",
    ["run", "--console", "9000"],
    "--console 9000: expected an address and a port up to 65535, such as 127.0.0.1:8791",
  ],
  ["a port to which nothing is sent", ["simulate", "--port", "6000"], "--port 6000: nothing is ever sent to this port"],
])("%s is refused", async (_sentence, args, said) => {
  const cwd = await folderWith({ "lookout.yml": CONFIG, "a.test.yml": TEST, large: "x".repeat(1_000_001) });
  execFileSync("mkfifo", [join(cwd, "pipe")]);
  const { code, stdout, stderr } = await lookoutHere(args, { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(`lookout: ${said}`);
});

test.each<[sentence: string, env: Record<string, string>, said: RegExp]>([
  [
    "whose server is not there",
    { DATABASE_URL: "postgres://lookout:hunter2-correct-horse@127.0.0.1:1/alerts?sslmode=disable" },
    /^lookout: the PostgreSQL database "alerts" on 127\.0\.0\.1:1 cannot be reached: nothing listens there\. /,
  ],
  ["whose address is missing", {}, /^lookout: store\.url: .*DATABASE_URL/],
  [
    "whose address is none",
    { DATABASE_URL: "hunter2-correct-horse" },
    /^lookout: store\.url is no PostgreSQL URL: write /,
  ],
])(
  "a database %s is refused by every command that needs it, and no password is shown",
  async (_sentence, env, said) => {
    const store = 'store: { type: postgres, url: "${env:DATABASE_URL}" }';
    const cwd = await folderWith({ "lookout.yml": CONFIG.replace(/^store: .*$/m, store) });
    for (const args of [["run"], ["run", "--once"], ["check", "--live"], ["status"]]) {
      const { code, stdout, stderr } = await lookoutHere(args, { cwd, env });
      expect([args, code, stdout]).toEqual([args, 2, ""]);
      expect(stderr).toMatch(said);
      expect(stderr).not.toContain("hunter2");
    }
  },
);

test("a token of the console that has no value is named with its place, and nothing runs", async () => {
  const cwd = await folderWith({ "lookout.yml": `${CONFIG}console: { token: "\${env:NO_SUCH_TOKEN}" }\n` });
  const { code, stdout, stderr } = await lookoutHere(["run"], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^lookout\.yml:6:19: .*NO_SUCH_TOKEN.*set the environment variable/m);
});

test.each(["with a space in its midst", "ümläute-are-in-no-header"])(
  "a token of the console that is none is named with its place, and nothing runs: %s",
  async (token) => {
    const cwd = await folderWith({ "lookout.yml": `${CONFIG}console: { token: "\${env:PAGE_TOKEN}" }\n` });
    const { code, stdout, stderr } = await lookoutHere(["run"], { cwd, env: { PAGE_TOKEN: token } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^lookout\.yml:6:19: .*must be of visible ASCII .*openssl rand -hex 32/m);
    expect(stderr).not.toContain(token);
  },
);

function shell(script: string, cwd: string) {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, NODE: process.execPath, COMMAND: commandFile(), NO_COLOR: "1" },
  });
  return { code: status, stdout, stderr };
}

test("a folder that was removed meanwhile is named as what is wrong", async () => {
  const cwd = await folderWith({});
  mkdirSync(join(cwd, "gone"));
  const said = shell('cd gone && rmdir ../gone && "$NODE" "$COMMAND" check', cwd);
  expect(said).toEqual({
    code: 2,
    stdout: "",
    stderr: "lookout: the folder that it was started in is gone; change to one that exists\n",
  });
});

test.each(["schema", "schema rules", "--help"])("a result that cannot be written is a failure: %s", async (args) => {
  const said = shell(`"$NODE" "$COMMAND" ${args} > /dev/full`, await folderWith({}));
  expect(said.code).toBe(1);
  expect(said.stderr).toBe("lookout: the disk that this process's output goes to is full (ENOSPC)\n");
});

test("a reader that has seen enough is none", async () => {
  const said = shell('"$NODE" "$COMMAND" schema | head -1; echo "${PIPESTATUS[0]}"', await folderWith({}));
  expect(said).toEqual({ code: 0, stdout: "{\n0\n", stderr: "" });
});
