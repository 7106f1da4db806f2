// Changes to the text of configurations and patterns as accidents and malice make them.
import fc from "fast-check";

/** A configuration that uses nearly everything, so that what breaks is near. */
export const VALID = `timezone: UTC
connections:
  prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, auth: { token: "\${env:T}" } }
  dev: { cloud: custom, region: x, project: p, endpoints: { modelarts: "http://a.example", iam: "http://b.example", ces: "http://c.example" } }
sources:
  - { kind: training-events, connection: prod, every: 30s, labels: &labels { env: prod } }
  - { id: svc, kind: service-events, connection: dev, targets: [a, { id: b, name: c, labels: *labels }] }
rules:
  - include: more.yml
  - id: a
    when: { $or: [{ level: [error] }, { text: [{ wildcard: "*x*" }, { anything-but: { prefix: y } }] }], count: [{ numeric: [">", 1] }] }
    by: [connection]
    summary: "{{ event.message | upcase }}"
    resolve: { when: { source: [service-updates] }, after: 6h }
    threshold: { count: 5, within: 10m }
  - id: b
    extract: [{ field: message, pattern: "to (?<n>[0-9]+)/(?<of>(a|b){1,9})$" }]
    when: { source: [training-events], extracted.n: [{ numeric: [">=", 1] }] }
    sequence: { then: [{ level: [error] }], within: 1h }
    reopen: 5m
route:
  channels: [ops]
  routes:
    - { match: { severity: [critical] }, mute: [nights], routes: [{ match: { rule: [a] }, groupBy: ["..."] }] }
timeIntervals:
  nights: [{ times: [{ start_time: "22:00", end_time: "07:00" }], weekdays: ["monday:friday"], years: [2026] }]
silences:
  - { match: { rule: [a] }, during: [nights], from: 2026-01-01T00:00:00Z }
channels:
  ops: { type: webhook, url: "\${env:OPS}", fallback: log }
  log: { type: console }
health: { lag: 15m }
store: { type: sqlite }
`;
/** What is put into texts: all that means something to YAML, JSON, templates, references or expressions. */
const PIECES = [
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    ", ",
    "&a ",
    "*a",
    "*labels",
    "!x ",
    "|\n",
    ">\n",
    "? ",
    "#",
    '"',
    "'",
    "\t",
    "---\n",
    "%YAML 1.1\n",
    "\\",
    "\0",
  ],
  ...[
    "null",
    "~",
    "true",
    "-1",
    "1e999",
    ".nan",
    "0x",
    "99999999999999999999",
    "[]",
    "{}",
    "[[]]",
    "{ a: { b: [] } }",
    "${",
    "${env:X}",
    "{{",
    "{%",
    "__proto__: 1\n",
    "constructor: {}\n",
    "<<: *labels\n",
    "\ud800",
    "é",
  ],
];

export type Mutation = (text: string) => string;

const at = fc.double({ min: 0, max: 1, noNaN: true });
const position = (text: string, share: number): number => Math.floor(share * text.length);
/** Patterns as JSON that use every operator. */
export const PATTERNS: readonly string[] = [
  '{"source":["training-events"],"level":[{"anything-but":["normal","warning"]}],"count":[{"numeric":[">",1,"<=",5]}]}',
  '{"$or":[{"text":[{"wildcard":"*fail*to*"},{"prefix":{"equals-ignore-case":"Pull"}}]},{"resource":{"id":[{"exists":false}]}}]}',
  '{"data":{"a":{"b":[1,"x",null,true]}},"message":[{"suffix":"later"},{"equals-ignore-case":"X"}],"ip":[{"cidr":"10.0.0.0/8"},{"cidr":"2001:db8::/32"}]}',
  '{"text":[{"anything-but":{"wildcard":["*a*","b\\\\*"]}},{"anything-but":{"prefix":"x"}},{"exactly":"y"}],"a.b.c":[-1.5e3]}',
  '{"a":[1],"$or":[{"b":[2],"$or":[{"c":[3]},{"d":[4]}]},{"e":{"f":["g"],"$or":[{"h":[5]},{"i":[6]}]}}]}',
];

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(at, fc.integer({ min: 0, max: 255 })).map(
    ([share, byte]): Mutation =>
      (text) => {
        const index = position(text, share);
        return text.slice(0, index) + String.fromCharCode(byte) + text.slice(index + 1);
      },
  ),
  fc.tuple(at, fc.constantFrom(...PIECES)).map(
    ([share, piece]): Mutation =>
      (text) => {
        const index = position(text, share);
        return text.slice(0, index) + piece + text.slice(index);
      },
  ),
  at.map(
    (share): Mutation =>
      (text) =>
        text
          .split("\n")
          .filter((_, index, lines) => index !== position(lines.join(""), share) % lines.length)
          .join("\n"),
  ),
  fc.tuple(at, fc.constantFrom(...PIECES)).map(
    ([share, piece]): Mutation =>
      (text) => {
        const values = [...text.matchAll(/(?<=: |\[|, )[\w"$*&.{-][^,}\]\n]*/g)];
        const value = values[Math.floor(share * values.length) % values.length];
        return value ? text.slice(0, value.index) + piece + text.slice(value.index + value[0].length) : text;
      },
  ),
  fc.tuple(at, at).map(
    ([from, to]): Mutation =>
      (text) =>
        text.slice(0, position(text, Math.min(from, to))) + text.slice(position(text, Math.max(from, to))),
  ),
);

export function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((changed, change) => change(changed), text);
}
