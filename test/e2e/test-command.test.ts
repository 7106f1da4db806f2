// `lookout test` as a user runs it: test files in a folder, what the command says about them, and its exit code.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { main } from "../../lib/cli/main.ts";
import { folderWith, lookout } from "../support/cli.ts";
import { ioTo } from "../support/io.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Runs the command line in this process over these files; paths in its output are relative to their folder. */
async function run(files: Record<string, string>, ...args: string[]) {
  const folder = await folderWith(files);
  const out: string[] = [];
  const err: string[] = [];
  const io = ioTo(
    (text) => void out.push(text),
    (text) => void err.push(text),
  );
  const named = Object.keys(files).filter((name) => name.endsWith(".test.yml"));
  const code = await main(["test", ...named.map((name) => join(folder, name)), ...args], io, "0.0.0");
  const relative = (texts: string[]) => texts.join("").replaceAll(`${folder}/`, "");
  return { code, out: relative(out), err: relative(err), folder };
}

const LOOKOUT = `
timezone: Europe/Berlin
connections: { prod: { cloud: otc, region: eu-de, projectId: p1, auth: { token: "\${env:NOT_SET}" } } }
sources:
  - { id: services, kind: service-events, labels: { env: prod }, targets: [{ id: svc-1, name: shop, labels: { team: web } }] }
  - { kind: service-updates }
rules:
  - id: deploy-failed
    when: { source: [service-updates], type: [FAIL] }
    severity: critical
    resolve: { when: { source: [service-updates], type: [SUCCESS] }, after: 6h }
  - { id: many-errors, when: { source: [service-events], level: [error] }, threshold: { count: 3, within: 10m } }
  - { id: warned, when: { source: [service-events], level: [warning] }, by: [labels.team] }
  - { id: flapping, when: { source: [service-events], type: [flap] }, resolve: { after: 10m }, reopen: 5m }
  - { id: silent, when: { source: [service-events], type: [beat] }, absence: { for: 2h } }
  - { id: lapsing, when: { source: [service-events], type: [pulse] }, absence: { for: 10m }, resolve: { after: 20m } }
  - { id: missed, when: { connection: [far], source: [service-events], type: [tick] }, absence: { for: 1h, over: targets } }
  - { id: quiet, when: { source: [service-events], type: [odd] } }
route:
  channels: [ops]
  routes:
    - { match: { severity: [critical] }, channels: [pager], continue: true }
    - { match: { severity: [critical] }, channels: [ops], mute: [nights] }
    - { match: { rule: [quiet] }, channels: [] }
timeIntervals:
  nights: { times: [{ start_time: "22:00", end_time: "07:00" }] }
  weekend: { weekdays: [saturday], times: [{ start_time: "22:00", end_time: "02:00" }] }
silences: [{ match: { rule: [many-errors] }, during: [weekend], comment: migration }]
channels:
  ops: { type: webhook, url: "\${env:NOT_SET}" }
  pager: { type: pagerduty, routingKey: "\${env:NOT_SET}" }
`;

const FAIL = "source: service-updates, type: FAIL, resource: { id: svc-1 }";

const FLAP = "source: service-events, type: flap, resource: { id: svc-1 }";
const BEAT = "source: service-events, type: beat, resource: { id: svc-1 }";

/** What passes, each a sentence of what `lookout test` promises. */
const PASSING: [name: string, test: string][] = [
  [
    "a resolving event ends the alert, and both channels are notified of both",
    `
    events: [{ at: 1m, ${FAIL} }, { at: 3m, source: service-updates, type: SUCCESS, resource: { id: svc-1 } }]
    until: 1h
    expect:
      - { at: 1m, rule: deploy-failed, status: firing, count: 1, channels: [ops, pager], suppressedBy: [] }
      - { at: 3m, rule: deploy-failed, status: resolved, channels: [pager, ops] }
    notifications:
      - { at: 1m, channel: ops, reason: new, status: firing, alerts: [deploy-failed] }
      - { at: 1m, channel: pager }
      - { at: 3m, channel: pager, reason: resolved, status: resolved }
      - { at: 6m, channel: ops, reason: resolved, alerts: [deploy-failed] }`,
  ],
  [
    "a deadline ends the alert at its moment, however little happens",
    `
    events: [{ at: 0m, ${FAIL} }]
    until: 7h
    expect: [{ at: 0m, status: firing }, { at: 6h, status: resolved }]`,
  ],
  [
    "repeated events fill a window, which falls when it no longer holds enough",
    `
    events: [{ at: 1m, repeat: 3, every: 2m, source: service-events, level: error, resource: { id: svc-1 } }]
    until: 1h
    expect:
      - { at: 5m, rule: many-errors, status: firing, count: 3, severity: error, resource: { name: shop, type: service } }
      - { at: 11m, rule: many-errors, status: resolved }`,
  ],
  [
    "an occurrence fires once; its silent end is no transition",
    `
    events: [{ at: 0m, source: service-events, level: warning, resource: { id: svc-1 } }]
    until: 3d
    expect: [{ rule: warned, status: firing, key: { labels.team: web }, labels: { env: prod } }]`,
  ],
  [
    "labels come from the source and its target, connection and region are those of the event",
    `
    events: [{ at: 0m, source: service-events, level: warning, connection: prod, resource: { id: svc-1 }, labels: { x: y } }]
    expect: [{ connection: prod, region: eu-de, source: service-events, labels: { env: prod, team: web, x: y } }]`,
  ],
  [
    "an event that is found late opens the alert at its own time, and is notified when it is found",
    `
    events: [{ at: 1m, ${FAIL}, late: 240 }]
    expect: [{ at: 1m, status: firing }]
    notifications: [{ at: 5m, channel: ops }, { at: 5m, channel: pager }]`,
  ],
  [
    "a heartbeat that is found after time has ended the alert about its absence is waited on from its own time",
    `
    events:
      - { at: 0m, source: service-events, type: pulse, resource: { id: svc-1 } }
      - { at: 29m, source: service-events, type: pulse, resource: { id: svc-1 }, late: 120 }
    until: 1h
    expect:
      - { at: 10m, rule: lapsing, status: firing }
      - { at: 30m, rule: lapsing, status: resolved }
      - { at: 39m, rule: lapsing, status: firing }
      - { at: 59m, rule: lapsing, status: resolved }`,
  ],
  [
    "what a route mutes at night is notified in the morning; its incident is opened at once",
    `
    start: 2026-06-01T23:30:00+02:00
    events: [{ at: 0m, ${FAIL} }]
    until: 5h
    expect: [{ at: 0m, status: firing, suppressedBy: [mute nights], channels: [pager] }]
    notifications: [{ at: 0m, channel: pager }]`,
  ],
  [
    "the morning comes an hour sooner on the night in which summer time begins",
    `
    start: 2026-03-29T01:30:00+01:00
    events: [{ at: 0m, ${FAIL} }]
    until: 5h
    expect: [{ status: firing, channels: [ops, pager] }]
    notifications:
      - { at: 2026-03-29T01:30:00+01:00, channel: pager }
      - { at: 2026-03-29T07:00:00+02:00, channel: ops, reason: new }`,
  ],
  [
    "and an hour later on the night in which it ends",
    `
    start: 2026-10-25T01:30:00+02:00
    events: [{ at: 1h, ${FAIL} }]
    until: 2026-10-25T07:01:00+01:00
    expect: [{ status: firing, channels: [ops, pager] }]
    notifications:
      - { at: 2026-10-25T00:30:00Z, channel: pager }
      - { at: 2026-10-25T06:00:00Z, channel: ops, reason: new }`,
  ],
  [
    "a silence that crosses midnight holds after it, on the day after the one it belongs to, and then notifies",
    `
    events: [{ at: 2026-06-07T01:50:00+02:00, repeat: 3, every: 1m, source: service-events, level: error, resource: { id: a } }]
    until: 2026-06-07T02:00:00+02:00
    expect: [{ rule: many-errors, status: firing, suppressedBy: ['silence "migration"'], channels: [ops] }]
    notifications: [{ at: 2026-06-07T00:00:00Z, channel: ops, reason: new }]`,
  ],
  [
    "and does not hold in the small hours of the day it belongs to",
    `
    events: [{ at: 2026-06-06T01:50:00+02:00, repeat: 3, every: 1m, source: service-events, level: error, resource: { id: a } }]
    expect: [{ rule: many-errors, status: firing, suppressedBy: [], channels: [ops] }]`,
  ],
  [
    "what came and went while it was held back is counted, and pages nobody",
    `
    events: [{ at: 2026-06-07T01:30:00+02:00, repeat: 3, every: 1m, source: service-events, level: error, resource: { id: a } }]
    until: 2026-06-07T03:00:00+02:00
    expect: [{ status: firing, channels: [] }, { status: resolved, channels: [ops] }]
    notifications: [{ channel: ops, reason: digest, status: resolved }]`,
  ],
  [
    "what happens at one moment is expected in any order",
    `
    events: [{ at: 0m, repeat: 2, every: 1m, ${FAIL} }, { at: 0m, source: service-events, level: warning, resource: { id: b } }]
    expect: [{ at: 0m }, { at: 0m, rule: deploy-failed }]
    notifications: [{ at: 0m }, { at: 0m, alerts: [deploy-failed] }, { channel: pager }]`,
  ],
  [
    "an alert that fires again does so at the match that opened it anew",
    `
    events: [{ at: 0m, ${FLAP} }, { at: 12m, ${FLAP} }]
    until: 1h
    expect:
      - { at: 0m, rule: flapping, status: firing, count: 1 }
      - { at: 10m, rule: flapping, status: resolved }
      - { at: 12m, rule: flapping, status: firing, count: 2 }
      - { at: 22m, rule: flapping, status: resolved }`,
  ],
  [
    "a deadline that nothing but time brings opens an alert, and the event that was missing resolves it",
    `
    events: [{ at: 0m, ${BEAT} }, { at: 3h, ${BEAT} }]
    expect: [{ at: 2h, rule: silent, status: firing, count: 0, channels: [ops] }, { at: 3h, rule: silent, status: resolved }]`,
  ],
  [
    "a target that never says anything is missed, and so is one that falls silent",
    `
    targets: [{ source: service-events, connection: far, id: mute }]
    events: [{ at: 30m, source: service-events, connection: far, type: tick, resource: { id: ticks } }]
    until: 2h
    expect:
      - { at: 1h, rule: missed, status: firing, key: { resource.id: mute } }
      - { at: 90m, rule: missed, status: firing, key: { resource.id: ticks } }`,
  ],
  [
    "a target that ends before its silence is too long is not missed, and one that is missed already is over with it",
    `
    targets:
      - { source: service-events, connection: far, id: early, ends: 59m }
      - { source: service-events, connection: far, id: late, ends: 90m }
    events: []
    until: 4h
    expect:
      - { at: 1h, rule: missed, status: firing, key: { resource.id: late } }
      - { at: 90m, rule: missed, status: resolved, key: { resource.id: late }, channels: [ops] }`,
  ],
  ["nothing happens where nothing matches", "\n    events: []\n    until: 30d\n    expect: []"],
  [
    "an alert whose route has no channel fires all the same",
    `
    events: [{ at: 0m, source: service-events, type: odd }]
    until: 2d
    expect: [{ rule: quiet, status: firing, channels: [] }]
    notifications: []`,
  ],
];

const testFile = (...tests: (readonly [name: string, test: string])[]) =>
  `config: ./lookout.yml\ntests:\n${tests.map(([name, test]) => `  - name: "${name}"${test}\n`).join("")}`;

describe("a configuration's tests", () => {
  it.each(PASSING)("%s", async (...test) => {
    const { code, out } = await run({ "lookout.yml": LOOKOUT, "a.test.yml": testFile(test) });
    expect(out).toBe(`ok    a.test.yml: ${test[0]}\n1 test, 0 failed\n`);
    expect(code).toBe(0);
  });
});

const RULES = `rules:
  - { id: many, when: { level: [error] }, by: [resource.id], threshold: { count: 2, within: 10m } }
  - { id: never, when: { level: [critical] } }
`;
const TWO =
  "    events: [{ at: 0m, repeat: 2, every: 1m, source: training-events, level: error, resource: { id: job-1 } }]\n";

/** What is expected of two errors that fire at 1m and resolve at 10m, and what the difference says. */
const MISMATCHES: [what: string, expected: string, lines: string[]][] = [
  [
    "what came unexpectedly, as it could be written",
    "[]",
    [
      "+ { at: 1m, rule: many, status: firing, key: { resource.id: job-1 }, count: 2 }",
      "+ { at: 10m, rule: many, status: resolved, key: { resource.id: job-1 }, count: 2 }",
    ],
  ],
  [
    "another value beside the expected one, with its keys alone",
    "[{ at: 1m, status: firing, severity: critical }, { at: 10m, status: resolved }]",
    [
      "- { at: 1m, status: firing, severity: critical }",
      "+ { at: 1m, rule: many, status: firing, severity: error }",
      "  { at: 10m, status: resolved }",
    ],
  ],
  [
    "what is missing",
    "[{ at: 1m }, { at: 5m, rule: never }, { at: 10m }]",
    ["  { at: 1m }", "- { at: 5m, rule: never }", "  { at: 10m }"],
  ],
  [
    "the order of time",
    "[{ at: 10m }, { at: 1m }]",
    [
      "- { at: 10m }",
      "  { at: 1m }",
      "+ { at: 10m, rule: many, status: resolved, key: { resource.id: job-1 }, count: 2 }",
    ],
  ],
  [
    "one entry of a map",
    "[{ at: 1m, key: { resource.id: job-2 } }, { at: 10m }]",
    [
      "- { at: 1m, key: { resource.id: job-2 } }",
      "+ { at: 1m, rule: many, status: firing, key: { resource.id: job-1 } }",
      "  { at: 10m }",
    ],
  ],
];

describe("a difference", () => {
  it.each(MISMATCHES)("shows %s", async (_what, expected, lines) => {
    const text = `${RULES}tests:\n  - name: two errors\n${TWO}    until: 1h\n    expect: ${expected}\n`;
    const { code, out } = await run({ "a.test.yml": text });
    const shown = lines.map((line) => `      ${line}\n`).join("");
    expect(out).toBe(`FAIL  a.test.yml:5:5: two errors\n${shown}1 test, 1 failed\n`);
    expect(code).toBe(1);
  });

  it("shows notifications, and instants where the test names any", async () => {
    const text = testFile([
      "held",
      `
    events: [{ at: 2026-06-02T12:00:00Z, ${FAIL} }]
    expect: [{ rule: deploy-failed, channels: [ops] }]
    notifications: [{ channel: ops }]`,
    ]);
    const { out } = await run({ "lookout.yml": LOOKOUT, "a.test.yml": text });
    expect(out.split("\n").slice(1, -2)).toEqual([
      "      - { rule: deploy-failed, channels: [ ops ] }",
      "      + { at: 2026-06-02T12:00:00.000Z, rule: deploy-failed, status: firing, channels: [ ops, pager ] }",
      "        notifications:",
      "        { channel: ops }",
      "      + { at: 2026-06-02T12:00:00.000Z, channel: pager, reason: new, status: firing, alerts: [ deploy-failed ] }",
    ]);
  });
});

const OK = `tests:\n  - { name: a, events: [], expect: [] }\n`;
const broken = (test: string) => `${RULES}tests:\n  - name: a\n${test}`;

/** Files that are no test files: the one line that is said of each. */
const REFUSED: [what: string, text: string, said: string][] = [
  ["no rules at all", OK, "1:1: there are no rules to test; add config with the path of a lookout.yml, or rules"],
  [
    "rules twice",
    `config: lookout.yml\n${RULES}${OK}`,
    '2:1: "rules" stands beside "config", which has its own; keep one of them',
  ],
  ["a misspelled key", broken("    evnts: []\n    expect: []\n"), '6:5: unknown key "evnts"; did you mean "events"?'],
  [
    "a word of promtool",
    broken("    input_series: []\n    events: []\n    expect: []\n"),
    '6:5: unknown key "input_series"; here it is called "events"',
  ],
  [
    "an unknown field of an event",
    broken("    events: [{ at: 0m, source: pool-events, mesage: a }]\n    expect: []\n"),
    '6:45: unknown key "mesage"; did you mean "message"?',
  ],
  [
    "a time that is none",
    broken("    events: [{ at: 5, source: pool-events }]\n    expect: []\n"),
    '6:20: "at" must be a duration from the test\'s start, such as 5m, or an instant such as 2026-11-20T22:00:00Z',
  ],
  [
    "repetition without a pace",
    broken("    events: [{ at: 0m, repeat: 2, source: pool-events }]\n    expect: []\n"),
    '6:24: "repeat" needs "every"; add every: 1m, or how long after one the next one comes',
  ],
  [
    "an end before the last event",
    broken("    events: [{ at: 5m, source: pool-events }]\n    until: 1m\n    expect: []\n"),
    '6:16: the event is found after "until"',
  ],
  [
    "an event before the start",
    broken(
      "    start: 2026-06-02T12:00:00Z\n    events: [{ at: 2026-06-02T11:00:00Z, source: pool-events }]\n    expect: []\n",
    ),
    "7:16: the event lies before the test's start",
  ],
  [
    "a target that ends after the test",
    broken("    targets: [{ source: pool-events, id: a, ends: 2h }]\n    events: []\n    until: 1h\n    expect: []\n"),
    '6:45: the target ends after "until"',
  ],
  [
    "a test without end",
    broken("    events: []\n    until: 3650d\n    expect: []\n"),
    "7:5: the test takes longer than 366d; let it start later, or end earlier",
  ],
  [
    "channels where there are none",
    broken("    events: []\n    expect: [{ rule: many, channels: [ops] }]\n"),
    '7:28: "channels" needs a configuration; name a lookout.yml with config, in place of rules',
  ],
  [
    "a rule that is not there",
    broken("    events: []\n    expect: [{ rule: mayn }]\n"),
    '7:22: there is no rule "mayn"; did you mean "many"?',
  ],
  [
    "one name twice",
    `${RULES}tests:\n  - { name: a, events: [], expect: [] }\n  - { name: a, events: [], expect: [] }\n`,
    '6:7: the name "a" is given twice',
  ],
  [
    "a rule that is none",
    `rules: [{ id: a, when: { level: error } }]\n${OK}`,
    '1:33: "level" must be a list of values; write level: [error]',
  ],
  ["a configuration that is not there", `config: nope.yml\n${OK}`, "nope.yml:1:1: there is no such file"],
];

describe("a file that is no test file", () => {
  it.each(REFUSED)("is reported %s, and nothing runs", async (_what, text, said) => {
    const { code, out, err } = await run({ "a.test.yml": text, "b.test.yml": `${RULES}${OK}` });
    expect(err).toBe(`${said.startsWith("nope") ? "" : "a.test.yml:"}${said}\n`);
    expect([code, out]).toEqual([2, ""]);
  });

  it("is reported together with what is wrong in the others", async () => {
    const { err } = await run({ "a.test.yml": `nope: 1\n${RULES}${OK}`, "b.test.yml": "tests: []\n" });
    expect(err.trim().split("\n")).toEqual([
      expect.stringMatching(/^a\.test\.yml:1:1: unknown key "n…"/),
      'b.test.yml:1:8: "tests" must not be empty',
    ]);
  });
});

describe("reports", () => {
  const HOSTILE = `${RULES}tests:
  - name: "<a> & \\"b\\" 'c' \\u0007 ]]>"
${TWO}    expect: [{ at: 1m, summary: "<&>" }]
  - name: passes
${TWO}    expect: [{ at: 1m }]
`;

  it("are JUnit XML in which everything is escaped", async () => {
    const { code, folder } = await run(
      { "a.test.yml": HOSTILE },
      "--junit",
      join(await folderWith({}), "never", "made.xml"),
    );
    expect(code).toBe(2);
    const file = join(folder, "junit.xml");
    await run({ "a.test.yml": HOSTILE }, "--junit", file);
    const xml = await readFile(file, "utf8");
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites tests="2" failures="1" errors="0" time="[\d.]+">\n/,
    );
    expect(xml).toContain('name="&lt;a&gt; &amp; &quot;b&quot; &apos;c&apos; \ufffd ]]&gt;"');
    expect(xml).toContain("- { at: 1m, summary: &lt;&amp;&gt; }");
    const tags = xml.match(/<\/?[a-z]+/g)!;
    expect(tags.filter((tag) => tag === "<testcase")).toHaveLength(2);
    expect(xml.replace(/<[^<>]*>/g, "")).not.toMatch(/[<>]/);
  });

  it("list the rules that no test made open, over all files of one configuration", async () => {
    const files = {
      "lookout.yml": LOOKOUT,
      "a.test.yml": testFile(["a", `\n    events: [{ at: 0m, ${FAIL} }]\n    expect: [{ status: firing }]`]),
      "b.test.yml": testFile([
        "b",
        "\n    events: [{ at: 0m, source: service-events, type: odd }]\n    expect: [{ rule: quiet }]",
      ]),
      "c.test.yml": `${RULES}${OK}`,
    };
    const { code, out } = await run(files, "--coverage");
    expect(code).toBe(0);
    expect(out.split("\n").slice(3)).toEqual([
      "lookout.yml: 2 of 8 rules opened an alert; these never did:",
      "      many-errors (lookout.yml:12:5)",
      "      warned (lookout.yml:13:5)",
      "      flapping (lookout.yml:14:5)",
      "      silent (lookout.yml:15:5)",
      "      lapsing (lookout.yml:16:5)",
      "      missed (lookout.yml:17:5)",
      "c.test.yml: 0 of 2 rules opened an alert; these never did:",
      "      many (c.test.yml:2:5)",
      "      never (c.test.yml:3:5)",
      "3 tests, 0 failed",
      "",
    ]);
  });

  it("are one JSON document with the alerts and the difference", async () => {
    const { code, out } = await run({ "a.test.yml": HOSTILE }, "--json", "--coverage");
    expect(code).toBe(1);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ passed: 1, failed: 1, coverage: [{ rules: 2, never: [{ rule: "never" }] }] });
    expect(report.tests[0]).toMatchObject({
      line: 5,
      passed: false,
      diff: { transitions: [{ sign: "-" }, { sign: "+" }] },
    });
    expect(report.tests[1].transitions[0]).toMatchObject({
      at: "2026-01-05T10:01:00.000Z",
      alert: { rule: "many", count: 2 },
    });
  });
});

describe("the real command", () => {
  it("passes the example that comes with Lookout, needs no variable, and leaves nothing behind", async () => {
    const cwd = await folderWith({});
    const { code, stdout, stderr } = await lookout(["test", join(ROOT, "lookout.example.test.yml")], { cwd });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/\n3 tests, 0 failed\n$/);
  });

  it("shows an hour that the machine's own clocks skip", async () => {
    const cwd = await folderWith({
      "a.test.yml": `rules: [{ id: a, when: { level: [error] }, summary: "{{ event.time | date: '%H:%M' }}" }]
tests:
  - name: the hour that Berlin skips
    events: [{ at: 2026-03-29T02:30:00Z, source: pool-events, level: error }]
    expect: [{ rule: a, summary: "02:30" }]
`,
    });
    const { code, stdout } = await lookout(["test", "a.test.yml"], { cwd, env: { TZ: "Europe/Berlin" } });
    expect([code, stdout]).toEqual([0, "ok    a.test.yml: the hour that Berlin skips\n1 test, 0 failed\n"]);
  });

  it("exits 1 where a test fails and 2 without a file", async () => {
    const cwd = await folderWith({ "a.test.yml": `${RULES}tests:\n  - name: a\n${TWO}    expect: []\n` });
    expect((await lookout(["test", "a.test.yml"], { cwd })).code).toBe(1);
    expect((await lookout(["test"], { cwd })).code).toBe(2);
  });
});
