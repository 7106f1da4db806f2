// `lookout check` and every other command on configurations that are wrong: exit 2, where and what, no stack trace,
// nothing done. The tables run in this process; each kind of end is seen once at least with the real one.
import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { folderWith, lookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";

const GOOD = `connections: { prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef } }
sources: [{ kind: training-events }]
rules: [{ include: modelarts/training }]
channels: { chat: { type: feishu, url: "\${env:CHAT_URL}" } }
`;
const ENV = {
  HW_ACCESS_KEY: "a-key",
  HW_SECRET_KEY: "a-secret",
  CHAT_URL: "https://open.feishu.cn/open-apis/bot/v2/hook/x",
};
const rule = (text: string) => GOOD.replace("{ include: modelarts/training }", text);

/** What is wrong, the file, and what the message must hold: line:column and words. */
const BROKEN: [name: string, yaml: string, expected: string[]][] = [
  ["an unknown key", GOOD.replace("channels:", "chanels:"), ["4:1", 'did you mean "channels"']],
  ["a key of Alertmanager's", `${GOOD}route: { receiver: chat }\n`, ["5:10", "receiver", "channels"]],
  ["another one", `${GOOD}route: { group_by: [rule] }\n`, ["5:10", "groupBy"]],
  ["a scalar in a pattern", rule("{ id: r, when: { level: error } }"), ["3:33", "[error]"]],
  ["an unknown operator", rule("{ id: r, when: { level: [{ begins: e }] } }"), ["3:", "begins"]],
  [
    "a duration that is none",
    GOOD.replace("training-events", "training-events, every: 5 minutes"),
    ["2:43", "every", "10m"],
  ],
  ["an unknown kind", GOOD.replace("training-events", "trainings"), ["2:19", "training-events"]],
  ["an unquoted reference", GOOD.replace('"${env:CHAT_URL}"', "${env:CHAT_URL}"), ["4:", "quote"]],
  ["a channel that is not there", `${GOOD}route: { channels: [chatt] }\n`, ["5:", "chatt", "chat"]],
  ["a pack that is not there", GOOD.replace("modelarts/training", "modelarts/trainings"), ["3:", "modelarts/training"]],
  ["an unknown channel type", GOOD.replace("feishu", "feischu"), ["4:", "feishu"]],
  ["an option the channel has not", GOOD.replace('}"', '}", room: x'), ["4:", "unknown key"]],
  ["no channels at all", GOOD.replace(/channels.*\n/, ""), ["channels"]],
  [
    "two rules of one id",
    rule("{ id: r, when: { level: [error] } }, { id: r, when: { level: [error] } }"),
    ["3:", "r"],
  ],
  [
    "a connection that is not there",
    GOOD.replace("training-events", "training-events, connection: stage"),
    ["2:", "stage"],
  ],
  ["no project", GOOD.replace(", projectId: 0123456789abcdef0123456789abcdef", ""), ["1:", "project"]],
  [
    "two kinds of state in one rule",
    rule("{ id: r, when: { level: [error] }, absence: { for: 2h }, change: { field: type } }"),
    ["3:", "absence", "change"],
  ],
  [
    "a console on a port that there is not",
    `${GOOD}console: { listen: "127.0.0.1:99999" }\n`,
    ["5:20", "an address and a port up to 65535, such as 127.0.0.1:8791"],
  ],
  [
    "a console on an address that is none",
    `${GOOD}console: { listen: "[::::]:80", token: a-token-that-nobody-guesses }\n`,
    ["5:20", "address"],
  ],
  ["a console for everybody", `${GOOD}console: { listen: "0.0.0.0:80" }\n`, ["5:20", "without a token"]],
  [
    "a template that is none",
    rule('{ id: r, when: { level: [error] }, summary: "{{ event.message" }'),
    ["3:", "summary"],
  ],
  [
    "a time interval that is none",
    `${GOOD}timeIntervals: { n: [{ times: [{ start_time: "25:00", end_time: "07:00" }] }] }\n`,
    ["5:", "25:00"],
  ],
  ["no YAML", "connections: { prod: [\n", ["lookout.yml:"]],
  ["a tab", "connections:\n\tprod: {}\n", ["2:1", "tab"]],
  ["an empty file", "", ["lookout.yml:1:1"]],
  ["a time zone that is none", `${GOOD}timezone: Berlin\n`, ["5:", "Berlin"]],
];

describe("a broken configuration", () => {
  it.each(BROKEN)("%s", async (_name, yaml, expected) => {
    const cwd = await folderWith({ "lookout.yml": yaml });
    const { code, stdout, stderr } = await lookoutHere(["check"], { cwd, env: ENV });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    for (const words of expected) expect(stderr).toContain(words);
    expect(stderr).toMatch(/^lookout\.yml:\d+:\d+: /);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(await readdir(cwd)).toEqual(["lookout.yml"]);
  });

  it("is reported with all that is wrong, references without quotes and the rest", async () => {
    const yaml = GOOD.replace('"${env:CHAT_URL}"', "${env:CHAT_URL}").replace("training-events", "trainings");
    const cwd = await folderWith({ "lookout.yml": yaml });
    const { code, stdout, stderr } = await lookout(["check"], { cwd, env: ENV });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const places = stderr.match(/^lookout\.yml:\d+/gm);
    expect(places).toEqual(["lookout.yml:2", "lookout.yml:4"]);
  });

  it.each([["run", "--once"], ["run"], ["status"], ["alerts"], ["send-test", "chat"]])(
    "stops %s %s before it does anything",
    async (...args) => {
      const cwd = await folderWith({ "lookout.yml": GOOD.replace("channels:", "chanels:") });
      const { code, stderr } = await lookoutHere(args, { cwd, env: ENV });
      expect(code).toBe(2);
      expect(stderr).toContain("lookout.yml:4:1");
      expect(await readdir(cwd)).toEqual(["lookout.yml"]);
    },
  );
});

describe("the command line", () => {
  it("takes a good file", async () => {
    const cwd = await folderWith({ "lookout.yml": GOOD });
    expect(await lookoutHere(["check"], { cwd, env: ENV })).toMatchObject({ code: 0, stderr: "" });
    expect(await readdir(cwd)).toEqual(["lookout.yml"]);
  });

  it.each([["run", "--once"], ["run"], ["check"], ["status"], ["backtest", "--since", "1d"], ["send-test", "chat"]])(
    "says how to begin where %s %s finds no configuration",
    async (...args) => {
      const cwd = await folderWith({});
      const { code, stderr } = await lookoutHere(args, { cwd, env: ENV });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^lookout\.yml:1:1: there is no lookout\.yml in \/.+; begin with "cp /);
      expect(stderr).toMatch(
        /lookout\.example\.yml lookout\.yml", or name another file with --config or LOOKOUT_CONFIG\n$/,
      );
      expect(await readdir(cwd)).toEqual([]);
    },
  );

  it("finds an address that is none behind a variable or a file, without showing it; send-test says the same", async () => {
    const cwd = await folderWith({ "lookout.yml": GOOD });
    const env = { ...ENV, CHAT_URL: "not-a-url" };
    const said =
      'lookout.yml:4:40: with the value of ${env:CHAT_URL}, "url" is not an http(s) address; ' +
      "correct the variable or file that it comes from\n";
    expect(await lookoutHere(["check"], { cwd, env })).toMatchObject({ code: 1, stdout: said, stderr: "" });
    const sent = await lookoutHere(["send-test", "chat"], { cwd, env });
    expect(sent).toMatchObject({ code: 2, stdout: "", stderr: said });
  });

  it("exits 1 with findings where a file is valid but cannot be meant", async () => {
    const cwd = await folderWith({ "lookout.yml": rule("{ id: r, when: { source: [pool-events] } }") });
    const { code, stdout } = await lookout(["check"], { cwd, env: ENV });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^lookout\.yml:3:\d+: /);
  });

  const USAGE: [args: string[], words: string][] = [
    [["rnu"], "unknown command"],
    [["run", "--twice"], "unknown option"],
    [["check", "--config", "nowhere.yml"], "nowhere.yml"],
    [["send-test", "chatt"], "did you mean chat?"],
    [["redeliver"], "--dead"],
    [["redeliver", "abc"], "abc"],
    [["events", "--since", "yesterday"], "expected a duration"],
    [["match", "--pattern", "{"], "--pattern"],
    [["match", "--pattern", '{"a": 1}'], "a"],
    [["simulate", "--speed", "0"], "--speed 0"],
    [["backtest", "--since", "sevendays"], "expected a duration"],
  ];
  it.each(USAGE)("refuses %j with exit 2", async (args, words) => {
    const cwd = await folderWith({ "lookout.yml": GOOD });
    const { code, stderr } = await lookoutHere(args, { cwd, env: ENV });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("filters events like grep", async () => {
    const cwd = await folderWith({});
    const stdin = '{"level":"error","n":1}\n{"level":"normal","n":2}\n';
    const pattern = ["match", "--pattern", '{"level":["error"]}'];
    expect(await lookout(pattern, { cwd, stdin })).toMatchObject({ code: 0, stdout: '{"level":"error","n":1}\n' });
    expect(await lookout(pattern, { cwd, stdin: '{"level":"normal"}\n' })).toMatchObject({ code: 1, stdout: "" });
  });

  it("takes lines of stdin as they are, but none without an end", async () => {
    const cwd = await folderWith({ "lookout.yml": GOOD });
    const stdin = `${"x".repeat(3_000_000)}\n{"level":"error","n":"a\u2028b"}\r\n{"level":"error"}`;
    const matched = await lookout(["match", "--pattern", '{"level":["error"]}'], { cwd, stdin });
    expect(matched).toEqual({
      code: 1,
      signal: null,
      stdout: '{"level":"error","n":"a\\u2028b"}\n{"level":"error"}\n',
      stderr: "lookout: line 1 of stdin is longer than 1 MB\n",
    });
    const routed = await lookout(["route"], { cwd, env: ENV, stdin: `${"x".repeat(1_000_001)}\n{"rule":"r"}\n` });
    expect(routed).toMatchObject({ code: 1, stderr: "lookout: line 1 of stdin is no alert: it is longer than 1 MB\n" });
    const explained = await lookout(["explain", "--event", "-"], { cwd, env: ENV, stdin: "x".repeat(1_000_001) });
    expect(explained).toMatchObject({ code: 2, stdout: "" });
    expect(explained.stderr).toBe("lookout: --event -: what comes on stdin is longer than 1 MB\n");
  });

  it("prints a JSON Schema", async () => {
    const { code, stdout } = await lookout(["schema"], { cwd: await folderWith({}) });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ $schema: expect.stringContaining("2020-12"), type: "object" });
  });

  it("refuses a state file that is none, and leaves it as it is", async () => {
    const cwd = await folderWith({
      "lookout.yml": GOOD,
      "state.db": "this is no database, but somebody's text file".repeat(50),
    });
    const { code, stderr } = await lookoutHere(["status", "--state", "state.db"], { cwd, env: ENV });
    expect(code).toBe(2);
    expect(stderr).toContain("state.db");
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
