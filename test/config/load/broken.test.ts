// Broken configurations: each is refused with the place and the words that a person needs.
import { describe, expect, test } from "vitest";
import { CHANNELS, CONNECTIONS, complaints, MINIMAL, RULES, SOURCES } from "../workspace.ts";

/** What is wrong, the file, and the beginning of each line printed. */
type Case = [sentence: string, file: string, ...printed: string[]];

const top: Case[] = [
  ["an empty file", "", "lookout.yml:1:1: is empty"],
  ["only a comment", "# soon\n", "lookout.yml:1:1: is empty"],
  ["a list instead of a map", "- a\n", 'lookout.yml:1:1: "lookout.yml" must be a map'],
  [
    "a misspelled section, which is not also missing",
    `${CONNECTIONS}${SOURCES}${RULES}chanels: {}\n`,
    'lookout.yml:4:1: unknown key "chanels"; did you mean "channels"?',
  ],
  ["a missing section", CONNECTIONS + SOURCES + RULES, 'lookout.yml:1:1: the key "channels" is missing'],
  [
    "an empty section that must be there",
    `${CONNECTIONS}${RULES}${CHANNELS}sources:\n`,
    'lookout.yml:4:1: "sources" is empty; write a list',
  ],
  ["an empty section", `${MINIMAL}silences:\n`, 'lookout.yml:5:1: "silences" is empty; write a list, or leave it out'],
  [
    "a console below a path, where no link of its pages leads",
    `${MINIMAL}console: { publicUrl: "https://lookout.example.com/on" }\n`,
    'lookout.yml:5:23: "publicUrl" must be an http(s) address and nothing behind it: the page\'s links begin there',
  ],
  [
    "a console with a query",
    `${MINIMAL}console: { publicUrl: "https://lookout.example.com?a=b" }\n`,
    'lookout.yml:5:23: "publicUrl" must be an http(s) address and nothing behind it: the page\'s links begin there',
  ],
  [
    "a token of the console that no header carries",
    `${MINIMAL}console: { token: "a token with spaces in it" }\n`,
    'lookout.yml:5:19: "token" must be of visible ASCII characters without spaces, as "openssl rand -hex 32" makes it, or a reference',
  ],
  [
    "a console that anybody may reach",
    `${MINIMAL}console: { listen: "0.0.0.0:80" }\n`,
    'lookout.yml:5:20: "listen" is wrong: without a token it listens on this machine only: set token',
  ],
  [
    "no time zone",
    `timezone: Europe/Berln\n${MINIMAL}`,
    'lookout.yml:1:11: "Europe/Berln" is no known time zone; did you mean "Europe/Berlin"?',
  ],
  [
    "an offset for a time zone",
    `timezone: "+01:00"\n${MINIMAL}`,
    'lookout.yml:1:11: "+…" (6 characters) is no known time zone; write a name such as',
  ],
  [
    "a number for a duration",
    `history: 30\n${MINIMAL}`,
    'lookout.yml:1:10: "history" must be a duration such as 30s, 10m, 2h or 7d',
  ],
  [
    "a bare 0 for a duration",
    `${MINIMAL}route: { groupWait: 0, repeatInterval: 0 }\n`,
    'lookout.yml:5:21: "groupWait" must have a unit: 0s',
    'lookout.yml:5:40: "repeatInterval" must be longer than 0s',
  ],
  [
    "a budget of nothing",
    `connections: { prod: { cloud: otc, region: eu-de, projectId: p, requestsPerSecond: 0 } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:84: "requestsPerSecond" must be more than 0',
  ],
  ["a duration beyond reason", `history: 99999999d\n${MINIMAL}`, 'lookout.yml:1:10: "history" must be at most 3650d'],
  [
    "an unknown store",
    `store: { type: sqllite }\n${MINIMAL}`,
    'lookout.yml:1:16: "type" must be one of sqlite, dynamodb, postgres; did you mean "sqlite"?',
  ],
  [
    "a database that is another's",
    `store: { type: postgres, url: "mysql://db.example/alerts" }\n${MINIMAL}`,
    'lookout.yml:1:31: "url" must be a URL such as postgres://user:password@host:5432/database, or a reference to one',
  ],
  [
    "a key of another store",
    `store: { type: sqlite, table: x }\n${MINIMAL}`,
    'lookout.yml:1:24: "table" cannot stand with "type: sqlite"; leave out "table", or take another type',
  ],
];

const yaml: Case[] = [
  [
    "a tab as indentation",
    "connections:\n\tprod: {}\n",
    "lookout.yml:2:1: a tab indents this line; indent with spaces",
  ],
  ["two documents", `${MINIMAL}---\na: 1\n`, "lookout.yml:5:1: a second document begins here"],
  ["a key given twice", `${MINIMAL}history: 1d\nhistory: 2d\n`, 'lookout.yml:6:1: "history" is given twice'],
  [
    "a map that does not end",
    "connections: { prod: { cloud: otc }\nsources: []\n",
    "lookout.yml:2:1: this is not valid YAML",
  ],
  [
    "an unquoted value with a colon",
    `${MINIMAL}history: a: b\n`,
    'lookout.yml:5:10: a map cannot begin here; quote a value that holds ": "',
  ],
  [
    "an alias of nothing",
    `${MINIMAL}history: *long\n`,
    "lookout.yml:5:10: there is no anchor for this alias before it; quote a value that begins with *",
  ],
  ["an alias inside itself", `${MINIMAL}silences: &all [*all]\n`, "lookout.yml:5:17: this alias contains itself"],
  [
    "an unknown tag",
    `${MINIMAL}history: !days 3\n`,
    "lookout.yml:5:10: there is no such tag; quote a value that begins with !",
  ],
  ["a list as a key", `${MINIMAL}? [a]\n: b\n`, "lookout.yml:5:3: a key must be plain text"],
  [
    "an unquoted reference in braces",
    `${CONNECTIONS}${SOURCES}${RULES}channels: { chat: { type: feishu, url: \${env:CHAT_URL} } }\n`,
    'lookout.yml:4:40: a ${…} inside braces or brackets must be quoted; write "${…}" with quotes',
  ],
  [
    "unquoted references inside text, and in two lines",
    `${CONNECTIONS}${SOURCES}${RULES}channels: {\n  a: { type: slack, url: https://x/\${env:A} },\n  b: { type: slack, url: \${env:B} } }\n`,
    "lookout.yml:5:36: a ${…} inside braces",
    "lookout.yml:6:26: a ${…} inside braces",
  ],
  [
    "an unquoted reference in brackets, which YAML takes for a map",
    `${CONNECTIONS}sources: [{ kind: pool-events, targets: [\${env:POOL}] }]\n${RULES}${CHANNELS}`,
    "lookout.yml:2:42: a ${…} inside braces",
  ],
  [
    "unquoted references, which hide no other error",
    `connections: { prod: { cloud: otc, region: \${env:REGION}, projectId: 0123 } }\nsources: [{ kind: trainings }]\n${RULES}channels: { chat: { type: feishu, url: \${env:CHAT_URL}, room: x } }\nhistory: soon\n`,
    "lookout.yml:1:44: a ${…} inside braces",
    "lookout.yml:1:44: ${env:REGION} has no value; set the environment variable REGION",
    'lookout.yml:2:19: "kind" must be one of',
    "lookout.yml:4:40: a ${…} inside braces",
    'lookout.yml:4:57: unknown key "r…" (4 characters); known here: fallback, fallbackAfter, mention, secret, sendResolved, template, type, url',
    'lookout.yml:5:10: "history" must be a duration',
  ],
  [
    "an unquoted reference before broken YAML",
    `channels: { chat: { type: feishu, url: \${env:CHAT_URL} } }\nsources: [{ kind: pool-events }\nrules: []\n`,
    "lookout.yml:1:40: a ${…} inside braces",
    "lookout.yml:3:1: this is not valid YAML",
  ],
  [
    "an unquoted reference that does not end on its line",
    `${CONNECTIONS}${SOURCES}${RULES}channels: { chat: { type: feishu, url: \${env:CHAT_URL\n}}}\n`,
    "lookout.yml:4:40: a ${…} inside braces",
  ],
];

const connections: Case[] = [
  ...[
    ["a user and a password", "https://u:p@x.example", "hold no user or password: credentials go into auth"],
    ["a user", "https://u@x.example", "hold no user or password: credentials go into auth"],
    [
      "a port to which nothing is sent",
      "http://x.example:6000",
      "have another port: nothing is ever sent to port 6000, as in browsers",
    ],
  ].map(
    ([what, url, said]): Case => [
      `${what} in an endpoint`,
      `connections: { prod: { cloud: otc, region: eu-de, projectId: p, endpoints: { modelarts: "${url}" } } }\n${SOURCES}${RULES}${CHANNELS}`,
      `lookout.yml:1:89: "modelarts" must ${said}`,
    ],
  ),
  [
    "half a character in a target's id",
    `${CONNECTIONS}sources: [{ kind: training-events, targets: ["a\\ud800b"] }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:46: an item of "targets" is no id that can stand in an address: it holds half of a character',
  ],
  [
    "a link that is no template",
    `connections: { prod: { cloud: otc, region: eu-de, projectId: p, links: { pool: "https://x/{{ resource.id" } } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:80: "pool" is no template: output "{{ resource.id" not closed',
  ],
  [
    "no connection",
    `connections: {}\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:14: "connections" holds no connection',
  ],
  [
    "a misspelled cloud",
    `connections: { prod: { cloud: huawaicloud, region: eu-de, projectId: a } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:31: "cloud" must be one of otc, huaweicloud, custom; did you mean "huaweicloud"?',
  ],
  [
    "neither project nor its id",
    `connections: { prod: { cloud: otc, region: eu-de } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:16: the connection "prod" has no project; set projectId, or project with its name',
  ],
  [
    "a project named twice and no region",
    `connections: { prod: { cloud: otc, region: eude, project: a, projectId: b } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:44: "region" is no region; write one such as eu-de',
    "lookout.yml:1:59: the project is named twice",
  ],
  [
    "credentials of two kinds mixed",
    `connections: { prod: { cloud: otc, region: eu-de, projectId: a, auth: { accessKey: a, secretKey: b, token: c } } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:101: "token" cannot stand beside "accessKey"; leave out "token" or "accessKey"',
  ],
  [
    "a secret key forgotten",
    `connections: { prod: { cloud: otc, region: eu-de, projectId: a, auth: { accessKey: a } } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:65: the key "secretKey" is missing',
  ],
  [
    "a custom cloud without the endpoints it needs",
    `connections: { sim: { cloud: custom, region: x, project: a } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:16: the connection "sim" with cloud: custom has no endpoint for modelarts; set endpoints.modelarts',
    'lookout.yml:1:16: the connection "sim" with cloud: custom has no endpoint for iam; set endpoints.iam',
  ],
  [
    "a project from a variable that is not set, a region from a file",
    `connections: { prod: { cloud: otc, region: "\${file:r}", projectId: "\${env:P}" } }\n${SOURCES}${RULES}${CHANNELS}`,
    "lookout.yml:1:44: ${file:r} cannot stand here; write ${env:NAME} or the value itself",
    "lookout.yml:1:68: ${env:P} has no value; set the environment variable P",
  ],
  [
    "a variable by the name of what every object has",
    `connections: { prod: { cloud: otc, region: eu-de, projectId: "\${env:constructor}" } }\n${SOURCES}${RULES}${CHANNELS}`,
    "lookout.yml:1:62: ${env:constructor} has no value; set the environment variable constructor",
  ],
  [
    "a reference of an unknown kind",
    `connections: { prod: { cloud: otc, region: eu-de, projectId: "\${PROJECT}" } }\n${SOURCES}${RULES}${CHANNELS}`,
    'lookout.yml:1:62: "projectId" holds a ${…} that is no reference; write ${env:NAME}',
  ],
];

const sources: Case[] = [
  [
    "an unknown kind",
    `${CONNECTIONS}sources: [{ kind: job-events }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:19: "kind" must be one of service-events',
  ],
  [
    "a text that no answer holds",
    `sources: [{ kind: http, targets: [{ id: b, url: "https://b.example", method: HEAD, body: ok }] }]\n${RULES}${CHANNELS}`,
    "lookout.yml:1:84: no answer to HEAD holds a text; use method: GET, or no body",
  ],
  [
    "endpoints without addresses",
    `sources: [{ kind: http, targets: [ocr, { id: b, url: ftp://b }] }]\n${RULES}${CHANNELS}`,
    "lookout.yml:1:35: the target has no url; write { id: ocr",
    'lookout.yml:1:54: "url" must be an http(s) URL, or a reference to one',
  ],
  [
    "endpoints that are to be discovered, over a connection",
    `${CONNECTIONS}sources: [{ kind: http, connection: prod, discover: {} }]\n${RULES}${CHANNELS}`,
    "lookout.yml:2:11: a source of kind http names no targets; add targets: [{ id, url }]",
    'lookout.yml:2:25: a source of kind http takes no "connection"; it asks the addresses of its targets',
    'lookout.yml:2:43: a source of kind http takes no "discover"; it asks the addresses of its targets',
  ],
  [
    "an endpoint named twice",
    `sources: [{ kind: http, targets: [{ id: a, url: http://a }, { id: a, url: http://b }] }]\n${RULES}${CHANNELS}`,
    'lookout.yml:1:61: the target "a" is named twice for http',
  ],
  [
    "a probe of what is no endpoint",
    `${CONNECTIONS}sources: [{ kind: pool-status, timeout: 5s, targets: [{ id: a, url: http://a }] }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:32: a source of kind pool-status takes no "timeout"; probes of an address are of kind http',
    'lookout.yml:2:64: a source of kind pool-status takes no "url"; probes of an address are of kind http',
  ],
  [
    "a header whose value is no reference",
    `sources: [{ kind: http, targets: [{ id: a, url: http://a, header: { X-Key: "\${KEY}" } }] }]\n${RULES}${CHANNELS}`,
    'lookout.yml:1:76: "X-Key" holds a ${…} that is no reference; write ${env:NAME}',
  ],
  [
    "no connection for a source that needs one",
    `sources: [{ kind: pool-status }]\n${RULES}${CHANNELS}`,
    'lookout.yml:1:1: the key "connections" is missing',
  ],
  [
    "no kind",
    `${CONNECTIONS}sources: [{ id: a }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:11: the key "kind" is missing; it is one of service-events',
  ],
  [
    "no source at all",
    `${CONNECTIONS}sources: []\n${RULES}${CHANNELS}`,
    'lookout.yml:2:10: "sources" must not be empty',
  ],
  [
    "a connection that is not there",
    `${CONNECTIONS}sources: [{ kind: pool-events, connection: prd }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:44: there is no connection "prd"; did you mean "prod"?',
  ],
  [
    "two connections and a source that names none",
    `connections:\n  a: { cloud: otc, region: eu-de, projectId: a }\n  b: { cloud: otc, region: eu-de, projectId: b }\n${SOURCES}${RULES}${CHANNELS}`,
    "lookout.yml:4:11: the source must name its connection where there are several; add connection: one of a, b",
  ],
  [
    "two sources of a kind without ids",
    `${CONNECTIONS}sources: [{ kind: pool-events }, { kind: pool-events }]\n${RULES}${CHANNELS}`,
    "lookout.yml:2:42: there are several sources of kind pool-events; give each an id of its own",
  ],
  [
    "an id given twice",
    `${CONNECTIONS}sources: [{ id: a, kind: pool-events }, { id: a, kind: service-events }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:47: the source id "a" is given twice; the first is at line 2',
  ],
  [
    "a target in two sources of its kind",
    `${CONNECTIONS}sources:\n  - { id: a, kind: pool-events, targets: [p1, p2] }\n  - { id: b, kind: pool-events, targets: [{ id: p2 }] }\n  - { id: c, kind: service-events, targets: [p2] }\n${RULES}${CHANNELS}`,
    'lookout.yml:4:43: the target "p2" is named twice for pool-events; the first time at line 3',
  ],
  [
    "a project whose events two sources would poll",
    `${CONNECTIONS}sources:\n  - { kind: cloud-eye-events }\n  - { id: b, kind: cloud-eye-events }\n${RULES}${CHANNELS}`,
    'lookout.yml:4:5: the project of connection "prod" is polled twice for cloud-eye-events; the first time at line 3',
  ],
  [
    "targets of the whole project",
    `${CONNECTIONS}sources: [{ kind: cloud-eye-events, targets: [a], discover: {} }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:37: a source of kind cloud-eye-events takes no "targets"; it polls the whole project',
    'lookout.yml:2:51: a source of kind cloud-eye-events takes no "discover"',
  ],
  [
    "a null among targets",
    `${CONNECTIONS}sources: [{ kind: pool-events, targets: [~] }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:42: an item of "targets" is empty; write text',
  ],
  [
    "never polled",
    `${CONNECTIONS}sources: [{ kind: pool-events, every: 0s }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:39: "every" must be longer than 0s',
  ],
  [
    "a wrong level word",
    `${CONNECTIONS}sources: [{ kind: pool-events, levels: abnorml }]\n${RULES}${CHANNELS}`,
    'lookout.yml:2:40: "levels" must be one of all, abnormal; did you mean "abnormal"?',
  ],
];

function rule(text: string): string {
  return `${CONNECTIONS}${SOURCES}rules:\n  - ${text}\n${CHANNELS}`;
}

const rules: Case[] = [
  [
    "a level that is no list",
    rule("{ id: a, when: { level: error } }"),
    'lookout.yml:4:29: "level" must be a list of values; write level: [error]',
  ],
  [
    "a number that is no list, inside $or",
    rule("{ id: a, when: { $or: [{ count: 5 }, { level: [error] }] } }"),
    'lookout.yml:4:37: "count" must be a list of values; write count: [5]',
  ],
  [
    "an empty field",
    rule("{ id: a, when: { level: } }"),
    'lookout.yml:4:22: "level" is empty: it must be a list of values',
  ],
  ["an unknown operator", rule("{ id: a, when: { text: [{ prefx: a }] } }"), 'lookout.yml:4:38: "text[0].prefx"'],
  ["an empty pattern", rule("{ id: a, when: {} }"), "lookout.yml:4:20: the pattern is empty"],
  [
    "an id that loses digits",
    rule("{ id: a, when: { project: [12345678901234567890] } }"),
    "lookout.yml:4:32: 12345678901234567890 is too large or too precise to be compared",
  ],
  [
    "a bound that loses digits",
    rule("{ id: a, when: { count: [{ numeric: ['<', 9007199254740993] }] } }"),
    "lookout.yml:4:47: 9007199254740993 is too large or too precise to be compared",
  ],
  [
    "a misspelled key, which is not also missing",
    rule("{ id: a, whn: { level: [error] } }"),
    'lookout.yml:4:14: unknown key "whn"; did you mean "when"?',
  ],
  [
    "a misspelled include",
    rule("{ incldue: modelarts/pools }"),
    'lookout.yml:4:7: unknown key "incldue"; did you mean "include"?',
  ],
  [
    "a word of Prometheus",
    rule("{ id: a, when: { level: [error] }, annotations: {} }"),
    'lookout.yml:4:40: unknown key "annotations"; here it is called "summary", "description" and "runbook"',
  ],
  ["an id that is no name", rule("{ id: a b, when: { level: [error] } }"), 'lookout.yml:4:11: "id" must be a name'],
  [
    "an id given twice",
    rule("{ id: a, when: { level: [error] } }\n  - { id: a, when: { level: [normal] } }"),
    'lookout.yml:5:11: the rule id "a" is given twice; the first time at lookout.yml:4:11',
  ],
  [
    "the id of Lookout's own rule",
    rule("{ id: lookout-unhealthy, when: { level: [error] } }"),
    'lookout.yml:4:11: "lookout-unhealthy" is the rule of Lookout\'s own alerts',
  ],
  [
    "an unknown severity",
    rule("{ id: a, when: { level: [error] }, severity: warn }"),
    'lookout.yml:4:50: "severity" must be one of critical, error, warning, info',
  ],
  [
    "a resolve that says nothing",
    rule("{ id: a, when: { level: [error] }, resolve: {} }"),
    'lookout.yml:4:40: "resolve" says neither when nor after what',
  ],
  [
    "a broken resolve.when",
    rule("{ id: a, when: { level: [error] }, resolve: { when: { level: normal } } }"),
    'lookout.yml:4:66: "level" must be a list',
  ],
  [
    "a threshold of nothing",
    rule("{ id: a, when: { level: [error] }, threshold: { count: 0, within: 10m } }"),
    'lookout.yml:4:60: "count" must be at least 1',
  ],
  [
    "half an occurrence",
    rule("{ id: a, when: { level: [error] }, threshold: { count: 1.5, within: 10m } }"),
    'lookout.yml:4:60: "count" must be a whole number',
  ],
  [
    "a template that does not end",
    rule('{ id: a, when: { level: [error] }, summary: "{{ event.message" }'),
    'lookout.yml:4:49: "summary" is no template:',
  ],
  [
    "a filter that does not exist",
    rule('{ id: a, when: { level: [error] }, summary: "{{ event.message | shout }}" }'),
    'lookout.yml:4:49: "summary" is no template:',
  ],
  [
    "two kinds of state in one rule",
    rule("{ id: a, when: { level: [error] }, change: { field: type }, spike: { factor: 3, window: 10m, min: 5 } }"),
    'lookout.yml:4:65: "spike" and "change" cannot stand in one rule; write two rules',
  ],
  [
    "a pattern of a sequence that is none",
    rule("{ id: a, when: { level: [error] }, sequence: { then: [{ level: error }], within: 1h } }"),
    'lookout.yml:4:68: "level" must be a list of values; write level: [error]',
  ],
  [
    "an expectation whose pattern is invalid",
    rule('{ id: a, when: { level: [error] }, expect: { when: { level: [{ prefx: "a" }] }, within: 1h } }'),
    "lookout.yml:4:",
  ],
  [
    "an extraction that is no expression",
    rule('{ id: a, when: { level: [error] }, extract: [{ field: message, pattern: "(?<a>" }] }'),
    "lookout.yml:4:",
  ],
  [
    "silent targets told apart by what only events have",
    rule("{ id: a, when: { level: [error] }, by: [reason], absence: { for: 2h, over: targets } }"),
    'lookout.yml:4:45: "reason" is not known of a target that has had no event',
  ],
  [
    "a spike that asks for no rise",
    rule("{ id: a, when: { level: [error] }, spike: { factor: 1, window: 10m, min: 5 } }"),
    "lookout.yml:4:",
  ],
];

const routes: Case[] = [
  [
    "a channel that is not there",
    `${MINIMAL}route: { channels: [chta] }\n`,
    'lookout.yml:5:21: there is no channel "chta"; did you mean "chat"?',
  ],
  [
    "a receiver",
    `${MINIMAL}route: { receiver: chat }\n`,
    'lookout.yml:5:10: unknown key "receiver"; here it is called "channels", a list of names',
  ],
  [
    "snake case",
    `${MINIMAL}route: { group_by: [rule], group_wait: 1s, repeat_interval: 1h }\n`,
    'lookout.yml:5:10: unknown key "group_by"; here it is called "groupBy"',
    'lookout.yml:5:28: unknown key "group_wait"; here it is called "groupWait"',
    'lookout.yml:5:44: unknown key "repeat_interval"; here it is called "repeatInterval"',
  ],
  [
    "matchers, which stand for the missing match",
    `${MINIMAL}route: { routes: [{ matchers: [] }] }\n`,
    'lookout.yml:5:21: unknown key "matchers"; here it is called "match", a pattern such as',
  ],
  [
    "a match and continue at the root",
    `${MINIMAL}route: { match: { rule: [any] }, continue: true, routes: [] }\n`,
    'lookout.yml:5:10: unknown key "match"; the root takes every alert: only the routes below it have that',
    'lookout.yml:5:34: unknown key "continue"; the root takes every alert',
  ],
  [
    "a match that is empty further down",
    `${MINIMAL}route: { routes: [{ match: { labels: {} } }] }\n`,
    'lookout.yml:5:38: "labels" is empty: name at least one field',
  ],
  [
    "a silence of everything",
    `${MINIMAL}silences: [{ match: {} }]\n`,
    "lookout.yml:5:21: the pattern is empty: name at least one field",
  ],
  [
    "an escalation to a channel that is not there",
    `${MINIMAL}route: { routes: [{ match: { rule: [any] }, escalate: [{ after: 15m, channels: [chatt] }] }] }\n`,
    'lookout.yml:5:81: there is no channel "chatt"; did you mean "chat"?',
  ],
  [
    "an escalation whose steps are not in order",
    `${MINIMAL}route: { escalate: [{ after: 1h, channels: [chat] }, { after: 30m, channels: [chat] }] }\n`,
    "lookout.yml:5:63: this step does not come after the one before it; put the steps in the order in which they come",
  ],
  [
    "an escalation without channels",
    `${MINIMAL}route: { escalate: [{ after: 1h }] }\n`,
    'lookout.yml:5:21: the key "channels" is',
  ],
  [
    "an inhibition of no pattern",
    `${MINIMAL}inhibit: [{ source: { rule: [any] }, target: { severity: warning }, equal: [connection] }]\n`,
    'lookout.yml:5:58: "severity" must be a list of values; write severity: [warning]',
  ],
  [
    "Alertmanager's matchers in an inhibition",
    `${MINIMAL}inhibit: [{ source_matchers: [a], target: { rule: [any] } }]\n`,
    'lookout.yml:5:13: unknown key "source_matchers"; here it is called "source", a pattern such as',
  ],
  [
    "Alertmanager's older words in an inhibition",
    `${MINIMAL}inhibit: [{ source_match: { a: b }, target_match_re: { a: b } }]\n`,
    'lookout.yml:5:13: unknown key "source_match"; here it is called "source", a pattern such as',
    'lookout.yml:5:37: unknown key "target_match_re"; here it is called "target", a pattern such as { rule: [{ wildcard',
  ],
  [
    "the words of Alertmanager's silences",
    `${MINIMAL}silences: [{ match: { rule: [any] }, startsAt: a, endsAt: b, createdBy: c }]\n`,
    'lookout.yml:5:38: unknown key "startsAt"; here it is called "from"',
    'lookout.yml:5:51: unknown key "endsAt"; here it is called "until"',
    'lookout.yml:5:62: unknown key "createdBy"; here it is called "comment", which may say who',
  ],
  [
    "a scalar in a match below another route",
    `${MINIMAL}route:\n  routes:\n    - match: { rule: [any] }\n      routes: [{ match: { severity: critical } }]\n`,
    'lookout.yml:8:37: "severity" must be a list of values; write severity: [critical]',
  ],
  [
    "an interval that is not there",
    `${MINIMAL}route: { mute: [nights], active: [days] }\n`,
    'lookout.yml:5:17: there is no time interval "nights"; there is no time interval at all',
    'lookout.yml:5:35: there is no time interval "days"',
  ],
  [
    "Alertmanager's receivers",
    `${MINIMAL}receivers: []\ninhibit_rules: []\ntime_intervals: []\nglobal: {}\ntemplates: []\n`,
    'lookout.yml:5:1: unknown key "receivers"; here it is called "channels"',
    'lookout.yml:6:1: unknown key "inhibit_rules"; here it is called "inhibit", a list of { source',
    'lookout.yml:7:1: unknown key "time_intervals"; here it is called "timeIntervals"',
    'lookout.yml:8:1: unknown key "global"; here it is called nothing: each channel has its own options',
    'lookout.yml:9:1: unknown key "templates"; here it is called "template" in a channel',
  ],
  [
    "a time beyond the day",
    `${MINIMAL}timeIntervals: { n: [{ times: [{ start_time: "25:00", end_time: "07:00" }] }] }\n`,
    'lookout.yml:5:46: "start_time" must be a quoted time',
  ],
  [
    "a misspelled interval",
    `${MINIMAL}timeIntervals: { n: [{ weekday: [monday] }] }\n`,
    'lookout.yml:5:24: unknown key "weekday"; did you mean "weekdays"?',
  ],
  [
    "a silence that ends before it begins",
    `${MINIMAL}silences: [{ match: { rule: [any] }, from: 2026-02-01T00:00:00Z, until: 2026-01-01T00:00:00Z }]\n`,
    'lookout.yml:5:73: "until" is not after "from"',
  ],
  [
    "a date for an instant",
    `${MINIMAL}silences: [{ match: { rule: [any] }, until: 2026-01-01 }]\n`,
    'lookout.yml:5:45: "until" must be an instant such as 2026-11-20T22:00:00Z',
  ],
  [
    "a silence in no interval",
    `${MINIMAL}silences: [{ match: { rule: [any] }, during: [nights] }]\n`,
    'lookout.yml:5:47: there is no time interval "nights"',
  ],
  [
    "health that nobody is notified of",
    `${MINIMAL}health: { channels: [ops], heartbeat: example.org }\n`,
    'lookout.yml:5:22: there is no channel "ops"; there are chat',
    'lookout.yml:5:39: "heartbeat" must be an http(s) URL',
  ],
];

function channels(text: string): string {
  return `${CONNECTIONS}${SOURCES}${RULES}channels:\n  ${text}\n`;
}

const destinations: Case[] = [
  [
    "an unknown type",
    channels("a: { type: feishuu, url: https://x.example }"),
    'lookout.yml:5:14: there is no channel type "feishuu"; did you mean "feishu"?',
  ],
  ["no type", channels("a: { url: https://x.example }"), 'lookout.yml:5:3: the key "type" is missing'],
  [
    "an option of no channel",
    channels("a: { type: feishu, url: https://x.example, sceret: x }"),
    'lookout.yml:5:46: unknown key "sceret"; did you mean "secret"?',
  ],
  [
    "a common option misspelled",
    channels("a: { type: feishu, url: https://x.example, send_resolved: false }"),
    'lookout.yml:5:46: unknown key "send_resolved"; here it is called "sendResolved"',
  ],
  ["a missing option", channels("a: { type: feishu }"), 'lookout.yml:5:3: the key "url" is missing'],
  ["no address", channels("a: { type: feishu, url: x.example }"), 'lookout.yml:5:27: "url" must be an http(s) address'],
  ["an empty option", channels("a: { type: feishu, url: }"), 'lookout.yml:5:22: "url" is empty; write text'],
  [
    "a format that is none",
    channels("a: { type: webhook, url: https://x.example, format: xml }"),
    'lookout.yml:5:55: "format" ',
  ],
  [
    "a fallback that is not there",
    channels("a: { type: console, fallback: b }"),
    'lookout.yml:5:33: there is no channel "b"',
  ],
  [
    "fallbacks in a circle",
    channels("a: { type: console, fallback: b }\n  b: { type: console, fallback: a }"),
    "lookout.yml:5:33: the fallbacks go in a circle: a → b → a",
    "lookout.yml:6:33: the fallbacks go in a circle: b → a → b",
  ],
  [
    "a mention where nobody can be mentioned",
    channels("a: { type: console, mention: { critical: [ada] } }"),
    'lookout.yml:5:23: a channel of type console can mention nobody; leave "mention" out',
  ],
  [
    "a mention of something that the service does not know, which is not repeated",
    channels('a: { type: slack, url: https://x.example, mention: { critical: [S0ONCALL, "@ada"] } }'),
    'lookout.yml:5:77: this is no id that a channel of type slack can mention; write one such as "S0ONCALL"',
  ],
  [
    "a mention for a severity that there is not",
    channels("a: { type: slack, url: https://x.example, mention: { critcal: [S0ONCALL] } }"),
    'lookout.yml:5:56: unknown key "critcal"; did you mean "critical"?',
  ],
  [
    "a mention of nobody",
    channels("a: { type: slack, url: https://x.example, mention: { critical: [] } }"),
    "lookout.yml:5:66: ",
  ],
  [
    "a channel of Slack without an address or a token",
    channels("a: { type: slack }"),
    'lookout.yml:5:6: "a" is wrong: set "url", or "token" and "channel"',
  ],
  [
    "a token without a channel",
    channels('a: { type: slack, token: "${env:TOKEN}" }'),
    'lookout.yml:5:6: "a" is wrong: "token" and "channel" belong together',
  ],
  [
    "a template that is none",
    channels('a: { type: console, template: "{{ title" }'),
    'lookout.yml:5:33: "template" is no template: output "{{ title" not closed',
  ],
  [
    "a part of a template that there is not",
    channels('a: { type: console, template: { titel: "{{ title }}" } }'),
    'lookout.yml:5:35: unknown key "titel"; did you mean "title"?',
  ],
  [
    "a part of a template that is no text",
    channels("a: { type: console, template: { text: [a] } }"),
    'lookout.yml:5:41: "text" must be text',
  ],
  [
    "a list where words are wanted",
    channels("a: { type: console, template: [a] }"),
    "lookout.yml:5:33: this is no template of a message; write the text, or { title: …, text: … }",
  ],
  [
    "a text where a body is wanted",
    channels('a: { type: webhook, url: https://x.example, template: "{{ title }}" }'),
    "lookout.yml:5:57: this is no JSON object or list; write the body that a webhook is to send",
  ],
  [
    "a part of a body that is no template",
    channels('a: { type: webhook, url: https://x.example, template: { a: [1, "{% if %}"] } }'),
    "lookout.yml:5:66: ",
  ],
  [
    "a reference within a template",
    channels('a: { type: webhook, url: https://x.example, template: { key: "${env:KEY}" } }'),
    "lookout.yml:5:64: a template holds no references; a secret goes into url, or into a header",
  ],
  ["a name that is none", channels("a b: { type: console }"), 'lookout.yml:5:3: "a…" (3 characters) must be a name'],
];

describe.each(Object.entries({ top, yaml, connections, sources, rules, routes, destinations }))("%s", (_, cases) => {
  test.each(cases)("%s", async (_sentence, file, ...printed) => {
    const lines = (await complaints(file)).split("\n");
    expect(lines.map((line, index) => line.slice(0, printed[index]?.length))).toEqual(printed);
  });
});

test("everything wrong is reported at once, in the order of the file", async () => {
  const file = `${CONNECTIONS}sources: [{ kind: pool-events, evry: 1m }]
rules: [{ id: a, when: { level: error } }]
route: { channels: [nobody] }
channels: { a: { type: feishu, url: 1 }, b: { type: nothing } }
`;
  expect((await complaints(file)).split("\n").map((line) => line.replace(/:\d+: .*/, ""))).toEqual([
    "lookout.yml:2",
    "lookout.yml:3",
    "lookout.yml:4",
    "lookout.yml:5",
    "lookout.yml:5",
  ]);
});

test("what a file holds is not repeated in findings where it may be secret", async () => {
  const secret = "hunter2hunter2";
  const printed = await complaints(
    `${CONNECTIONS}${SOURCES}${RULES}channels: { a: { type: feishu, url: ${secret}, secret: { is: ${secret} } } }\n`,
  );
  expect(printed).not.toContain(secret);
  expect(printed.split("\n")).toHaveLength(2);
});
