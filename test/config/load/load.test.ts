// Loading: what a file means once it is read, where it comes from, and how unreadable files are reported.
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { ConfigError, formatFindings } from "../../../lib/config/document/finding.ts";
import { loadConfig } from "../../../lib/config/load/load.ts";
import { CHANNELS, CONNECTIONS, complaints, depsIn, load, MINIMAL, RULES, SOURCES, writeFiles } from "../workspace.ts";

const PACK = "rules: [{ id: job-failed, when: { source: [training-events], level: [error] } }]\n";

/** The contract's full example: what is not built left out, its ellipses filled in. */
const FULL = `
timezone: UTC
connections:
  prod:
    cloud: otc
    region: eu-de
    projectId: 0123456789abcdef0123456789abcdef
    workspaces: ["0"]
    auth: { accessKey: "\${env:HW_ACCESS_KEY}", secretKey: "\${env:HW_SECRET_KEY}" }
    endpoints: { modelarts: "https://m.example", ces: "https://c.example", iam: "https://i.example" }
sources:
  - id: services
    kind: service-events
    connection: prod
    every: 1m
    lookback: 15m
    lateness: 10m
    levels: all
    targets: [35de3ca9-0000-4000-8000-000000000000]
    discover: { status: [running, failed, concerning], name: "prod-*" }
    labels: { env: prod }
rules:
  - include: modelarts/pools
  - id: deploy-failed
    when: { $or: [{ source: [service-events], level: [error] }, { source: [service-updates], type: [FAIL] }] }
    by: [connection, resource.id]
    severity: critical
    summary: "{{ event.resource.name }}: {{ event.message }}"
    description: "…"
    runbook: https://wiki.example/
    labels: { team: ml }
    resolve: { when: { source: [service-updates], type: [SUCCESS] }, after: 6h }
route:
  channels: [ops]
  groupBy: [rule]
  groupWait: 0s
  groupInterval: 5m
  repeatInterval: 4h
  mute: []
  routes:
    - match: { severity: [critical] }
      channels: [pager]
      continue: true
timeIntervals:
  nights: [{ times: [{ start_time: "22:00", end_time: "07:00" }], location: Europe/Berlin }]
silences:
  - { match: { rule: [deploy-failed] }, during: [nights], comment: migration }
channels:
  ops:   { type: webhook, url: "\${env:OPS_URL}", secret: "\${env:OPS_SECRET}", format: lookout, sendResolved: true }
  pager: { type: pagerduty, routingKey: "\${env:PD_KEY}", fallback: ops }
  lead:  { type: slack, url: "\${env:SLACK_URL}" }
health: { channels: [ops], lag: 15m, heartbeat: "https://h.example" }
history: 30d
store: { type: sqlite, path: .lookout/state.db }
`;

test("the shortest useful file loads, with every default filled in", async () => {
  const { config } = await load({
    "lookout.yml": `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [{ include: modelarts/training }]\n`,
    "packs/modelarts/training.yml": PACK,
  });
  expect(config).toMatchObject({
    timezone: "UTC",
    connections: {
      prod: { workspaces: ["0"], auth: { accessKey: "${env:HW_ACCESS_KEY}", secretKey: "${env:HW_SECRET_KEY}" } },
    },
    rules: [{ id: "job-failed", by: ["connection", "resource.id"], labels: {} }],
    timeIntervals: {},
    inhibit: [],
    silences: [],
    channels: {
      chat: {
        type: "feishu",
        fallback: undefined,
        fallbackAfter: 300_000,
        sendResolved: true,
        options: { url: "${env:CHAT_URL}" },
      },
    },
    health: { channels: ["chat"], lag: 900_000, heartbeat: undefined },
    history: 2_592_000_000,
    store: { type: "sqlite", path: resolve(config.file, "../.lookout/state.db") },
  });
  expect(config.sources).toEqual([
    {
      id: "training-events",
      kind: "training-events",
      connection: "prod",
      every: 60_000,
      lookback: 900_000,
      lateness: 600_000,
      levels: "all",
      targets: undefined,
      discover: {},
      labels: {},
    },
  ]);
  expect(config.route).toEqual({
    id: expect.any(String),
    match: undefined,
    continue: false,
    channels: ["chat"],
    groupBy: ["rule"],
    groupWait: 0,
    groupInterval: 300_000,
    repeatInterval: 14_400_000,
    urgent: ["critical"],
    mute: [],
    active: [],
    escalate: [],
    routes: [],
  });
});

test("durations of several units, an empty location and routes for every alert load", async () => {
  const { config } = await load(
    `${MINIMAL}timezone: Europe/Berlin
timeIntervals: { n: { years: ["2026"], location: "" } }
inhibit: [{ source: {}, target: { rule: [any] } }, { source: { rule: [any] }, target: {} }]
route: { groupInterval: 1h30m, routes: [{ continue: true }, { match: {}, groupWait: 1m30s }] }
`,
  );
  expect(config.route.groupInterval).toBe(5_400_000);
  expect(config.route.routes).toMatchObject([
    { match: undefined, continue: true },
    { match: undefined, groupWait: 90_000 },
  ]);
});

test("a route without a match has the groups of one whose match is empty", async () => {
  const idOf = async (routes: string) => (await load(`${MINIMAL}route: { routes: ${routes} }\n`)).config.route.routes;
  const [[without], [empty]] = await Promise.all([idOf("[{ groupWait: 1s }]"), idOf("[{ match: {} }]")]);
  expect(without!.id).toBe(empty!.id);
});

test("the full file loads", async () => {
  const { config } = await load({ "lookout.yml": FULL, "packs/modelarts/pools.yml": PACK });
  expect(config.rules.map(({ id }) => id)).toEqual(["job-failed", "deploy-failed"]);
  expect(config.rules[1]?.resolve?.after).toBe(21_600_000);
  expect(config.sources[0]?.targets).toEqual([{ id: "35de3ca9-0000-4000-8000-000000000000" }]);
  expect(config.route.routes[0]).toMatchObject({ channels: ["pager"], continue: true, repeatInterval: 14_400_000 });
});

test("a session token in the environment is part of the default credentials", async () => {
  const { config } = await load(MINIMAL, { HW_SECURITY_TOKEN: "x" });
  expect(config.connections["prod"]?.auth).toHaveProperty("securityToken", "${env:HW_SECURITY_TOKEN}");
});

test("what is no secret may come from the environment too, and is there at once", async () => {
  const { config } = await load(
    `connections: { prod: { cloud: custom, region: "\${env:R}", projectId: "p-\${env:P}", endpoints: { modelarts: "\${env:E}" } } }
${SOURCES}${RULES}${CHANNELS}store: { type: dynamodb, table: "\${env:T}" }
`,
    { R: "eu-de", P: "1", E: "http://localhost:8790", T: "table" },
  );
  expect(config.connections["prod"]).toMatchObject({
    region: "eu-de",
    projectId: "p-1",
    endpoints: { modelarts: "http://localhost:8790" },
  });
  expect(config.store).toEqual({ type: "dynamodb", table: "table" });
});

test("a database's address is a secret: its references stay, also those to files and to AWS", async () => {
  const url = "postgres://lookout:${file:password}@${ssm:/host}/${env:DATABASE}";
  const { config } = await load(`${MINIMAL}store: { type: postgres, url: "${url}" }\n`, { DATABASE: "alerts" });
  expect(config.store).toEqual({ type: "postgres", url });
});

test("Cloud Eye's events are awaited for 70 minutes, and nothing is discovered for them", async () => {
  const { config } = await load(`${CONNECTIONS}sources: [{ kind: cloud-eye-events }]\n${RULES}${CHANNELS}`);
  expect(config.sources[0]).toMatchObject({ lateness: 4_200_000, targets: undefined, discover: undefined });
});

test.each([
  ["an id of digits", "0123456789", "0123456789"],
  ["a long id", "12345678901234567890", "12345678901234567890"],
  ["hexadecimal digits", "0x1F", "0x1F"],
  ["an exponent", "1e5", "1e5"],
  ["a boolean", "true", "true"],
  ["YAML 1.1's boolean", "yes", "yes"],
  ["a date", "2026-01-01", "2026-01-01"],
  ["a number in quotes", '"007"', "007"],
])("%s stays as written where text is expected", async (_, written, text) => {
  const { config } = await load(`
connections: { prod: { cloud: otc, region: eu-de, projectId: ${written}, workspaces: [${written}], auth: { username: u, password: ${written}, domain: ${written} } } }
sources: [{ kind: pool-events, targets: [${written}], labels: { build: ${written} } }, { id: other, kind: service-events, targets: [{ id: ${written} }] }]
rules: [{ id: ${written}, when: { level: [error] } }]
channels: { ${written}: { type: pagerduty, routingKey: ${written} } }
timeIntervals: { t: [{ years: [2026] }] }
`);
  expect(config.connections["prod"]).toMatchObject({
    projectId: text,
    workspaces: [text],
    auth: { username: "u", password: text, domain: text },
  });
  expect(config.sources.map(({ targets }) => targets)).toEqual([[{ id: text }], [{ id: text }]]);
  expect(config.sources[0]?.labels).toEqual({ build: text });
  expect(config.rules[0]?.id).toBe(text);
  expect(config.channels[text.replaceAll('"', "")]?.options).toHaveProperty("routingKey", text);
  expect(config.timeIntervals["t"]).toEqual([{ years: ["2026"] }]);
});

test("anchors and aliases are expanded, and each use keeps its own text", async () => {
  const { config } = await load(
    `${MINIMAL}route: { groupBy: &by [rule, labels.team], routes: [{ match: { rule: [any] }, groupBy: *by }] }\n`,
  );
  expect(config.route.routes[0]?.groupBy).toEqual(["rule", "labels.team"]);
});

test("a byte order mark and Windows line ends are no problem", async () => {
  const { config } = await load(`\uFEFF${MINIMAL.replaceAll("\n", "\r\n")}`);
  expect(config.rules).toHaveLength(1);
});

test("a route inherits what it does not say, and keeps its id while its path of matches stays", async () => {
  const tree = (extra: string): string => `${MINIMAL}timeIntervals: { n: [{ years: ["2026"] }] }
route:
  groupWait: 10s
  mute: [n]
  routes:
    ${extra}- match: { severity: [critical], rule: [any] }
      groupBy: [resource.id]
      routes: [{ match: { rule: [any] } }, { match: { rule: [any] } }]
`;
  const before = (await load(tree(""))).config.route.routes[0]!;
  const after = (await load(tree("- match: { severity: [info] }\n    "))).config.route.routes[1]!;
  expect(before.routes[0]).toMatchObject({
    groupWait: 10_000,
    mute: ["n"],
    groupBy: ["resource.id"],
    channels: ["chat"],
  });
  expect(after.id).toBe(before.id);
  expect(new Set([before.id, ...before.routes.map(({ id }) => id)]).size).toBe(3);
  const reordered = tree("").replace("severity: [critical], rule: [any]", "rule: [any], severity: [critical]");
  expect((await load(reordered)).config.route.routes[0]!.id).toBe(before.id);
});

test("one interval needs no list", async () => {
  const { config } = await load(`${MINIMAL}timeIntervals: { n: { weekdays: [saturday] } }\n`);
  expect(config.timeIntervals).toEqual({ n: [{ weekdays: ["saturday"] }] });
});

test("included files, packs and what these include come in order, and their places are theirs", async () => {
  const { config, places } = await load({
    "lookout.yml": `${CONNECTIONS}${SOURCES}${CHANNELS}rules:\n  - include: team/rules.yml\n  - include: modelarts/training\n  - { id: last, when: { level: [error] } }\n`,
    "team/rules.yml": "rules:\n  - { id: first, when: { level: [normal] } }\n  - include: more.yaml\n",
    "team/more.yaml": "rules:\n  - { id: second, when: { level: [warning] } }\n",
    "packs/modelarts/training.yml": PACK,
  });
  expect(config.rules.map(({ id }) => id)).toEqual(["first", "second", "job-failed", "last"]);
  expect(places.locate(["rules", 1, "when", "level"], "key")).toMatchObject({ line: 2, column: 27 });
  expect(places.locate(["rules", 1]).file).toMatch(/team\/more\.yaml$/);
  expect([0, 1, 2, 3].map((rule) => places.pack(rule)?.name)).toEqual([
    undefined,
    undefined,
    "modelarts/training",
    undefined,
  ]);
});

test.each([
  [
    "a pack that is not there",
    "modelarts/trainin",
    'lookout.yml:4:20: there is no pack "modelarts/trainin"; did you mean "modelarts/training"?',
  ],
  [
    "a pack like no other",
    "kubernetes",
    'lookout.yml:4:20: there is no pack "kubernetes"; there are modelarts/training',
  ],
  ["a file that is not there", "gone.yml", 'lookout.yml:4:20: "gone.yml" is not there'],
  ["a folder", "team.yml", 'lookout.yml:4:20: "team.yml" is a directory, not a file'],
  [
    "an absolute path",
    "/etc/rules.yml",
    'lookout.yml:4:20: "/etc/rules.yml" is neither a pack nor the relative path of a .yml file',
  ],
  ["a way out of the packs", "../secrets", 'lookout.yml:4:20: "../secrets" is neither a pack nor'],
  ["itself", "lookout.yml", 'lookout.yml:4:20: "lookout.yml" includes itself'],
  ["a circle", "a.yml", 'b.yml:1:20: "a.yml" includes itself; the first time at lookout.yml:4:20'],
  ["a broken file", "broken.yml", 'broken.yml:2:17: unknown key "wen"; did you mean "when"?'],
  ["a file that is no YAML", "syntax.yml", "syntax.yml:2:"],
  ["a file without rules", "empty.yml", "empty.yml:1:1: is empty"],
  ["a broken pattern", "pattern.yml", 'pattern.yml:1:37: "level" must be a list of values'],
])("an include of %s is reported at its place", async (_, include, printed) => {
  const output = await complaints({
    "lookout.yml": `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [{ include: ${include} }]\n`,
    "packs/modelarts/training.yml": PACK,
    "packs/modelarts/training.examples.yml": "tests: []\n",
    "team.yml/x": "",
    "a.yml": "rules: [{ include: b.yml }]\n",
    "b.yml": "rules: [{ include: a.yml }]\n",
    "broken.yml": "rules:\n  - { id: abcd, wen: {} }\n",
    "syntax.yml": "rules: [\n",
    "empty.yml": "",
    "pattern.yml": "rules: [{ id: abcd,  when: { level: error } }]\n",
  });
  expect(output.split("\n").map((line) => line.slice(0, printed.length))).toEqual([printed]);
});

test("a rule id is unique over all files, and a file is included once", async () => {
  const output = await complaints({
    "lookout.yml": `${CONNECTIONS}${SOURCES}${CHANNELS}rules:\n  - { id: job-failed, when: { level: [error] } }\n  - include: a.yml\n  - include: a.yml\n`,
    "a.yml": PACK,
  });
  expect(output.split("\n")).toEqual([
    'lookout.yml:7:14: "a.yml" is included twice; the first time at lookout.yml:6:14',
    'a.yml:1:15: the rule id "job-failed" is given twice; the first time at lookout.yml:5:11',
  ]);
});

test.each([
  [
    "UTF-16",
    Buffer.from("\uFEFFtimezone: UTC", "utf16le"),
    "lookout.yml:1:1: is not UTF-8 text; save the file as UTF-8",
  ],
  ["bytes that are no text", new Uint8Array([0x61, 0xff, 0xfe]), "lookout.yml:1:1: is not UTF-8 text"],
  ["more than 1 MB", `# ${"x".repeat(1_000_000)}`, "lookout.yml:1:1: is larger than 1 MB"],
  ["a hundred thousand brackets", "[".repeat(100_000), "lookout.yml:1:102: is nested too deeply"],
  ["a hundred thousand maps", "{a: ".repeat(100_000), "lookout.yml:1:405: is nested too deeply"],
  ["a hundred thousand dashes", "- ".repeat(100_000), "lookout.yml:1:203: is nested too deeply"],
  ["aliases of aliases of aliases", bomb(), "lookout.yml:"],
])("%s is refused", async (_, content, printed) => {
  expect(await complaints({ "lookout.yml": content })).toContain(printed);
});

function bomb(): string {
  const lists = Array.from({ length: 9 }, (_, index) => `- &a${index + 1} [${Array(9).fill(`*a${index}`).join(", ")}]`);
  return ["- &a0 [x]", ...lists].join("\n");
}

test.each([
  ["missing", "gone.yml", "gone.yml:1:1: there is no such file"],
  ["a directory", "", ":1:1: is a directory, not a file"],
  ["below a file", "lookout.yml/x.yml", "x.yml:1:1: there is no such file"],
])("a file that is %s is reported as such", async (_, name, printed) => {
  const folder = await writeFiles({ "lookout.yml": MINIMAL });
  const error = await loadConfig(join(folder, name), depsIn(folder)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect(formatFindings((error as ConfigError).findings)).toContain(printed);
});
